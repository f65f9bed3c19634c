/*
description: >-
  Every post as it was first published. Where several messages tell of one post (sent again, or edited), the one with
  the earliest published_at counts; between equals the order is timestamp, received_at (unknown last), source_object,
  record_offset and message_id.
grain: one row a post
incremental: {keys: [post_id]}
indexes: [[published_at]]
columns:
  post_id: {type: text, description: "Post."}
  message_id: {type: text, description: "Message that tells of its first publication."}
  user_id: {type: text, description: "User who wrote it."}
  user_key: {type: text, description: "The author's row of core.dim_social_user that holds at published_at."}
  date_key: {type: integer, description: "Day of published_at as yyyymmdd."}
  published_at: {type: timestamp, description: "When it was published, in UTC."}
  body: {type: text, description: "Text of the post; null where the event had none."}
  body_length: {type: integer, description: "Characters in the body; null where there is none."}
checks:
  - unique: [post_id]
  - unique: [message_id]
  - not_null: [post_id, message_id, user_id, date_key, published_at]
  - references: {column: date_key, to: core.dim_date.date_key}
    severity: warn
  # Warnings, as posts may have been staged since the users were made; the next materialisation mends that.
  - not_null: [user_key]
    name: every_post_has_its_author
    severity: warn
  - references: {column: user_key, to: core.dim_social_user.user_key}
    severity: warn
*/
with
    publications as (
        select
            post.post_id,
            post.message_id,
            post.user_id,
            post.published_at,
            post.body,
            row_number() over (
                partition by post.post_id
                order by
                    post.published_at asc nulls last,
                    post.timestamp asc nulls last,
                    post.received_at asc nulls last,
                    post.source_object asc nulls last,
                    post.record_offset asc nulls last,
                    post.message_id asc nulls last
            ) as publication
        from staged.social_posts as post
    )

select
    publications.post_id,
    publications.message_id,
    publications.user_id,
    -- A left join: a post whose author is not there yet must show in the checks, not vanish.
    author.user_key,
    cast(extract(year from publications.published_at) as integer) * 10000
    + cast(extract(month from publications.published_at) as integer) * 100
    + cast(extract(day from publications.published_at) as integer) as date_key,
    publications.published_at,
    publications.body,
    length(publications.body) as body_length
from publications
left join core.dim_social_user as author
    on author.user_id = publications.user_id
    and author.valid_from <= publications.published_at
    and author.valid_to > publications.published_at
where publications.publication = 1
