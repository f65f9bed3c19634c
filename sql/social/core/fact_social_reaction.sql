/*
description: >-
  Who liked which post, and when first. A like while it is liked already says nothing new: of several by one user the
  earliest counts, between equals by source_object, record_offset and message_id. Posts that nobody saw published may be
  liked too.
grain: one row a user and post that they liked
incremental: {keys: [user_id, post_id]}
columns:
  user_id: {type: text, description: "User who likes it."}
  post_id: {type: text, description: "Post."}
  message_id: {type: text, description: "Message of the first like."}
  date_key: {type: integer, description: "Day of reacted_at as yyyymmdd."}
  reacted_at: {type: timestamp, description: "When it was liked first, in UTC."}
checks:
  - unique: [user_id, post_id]
  - unique: [message_id]
  - not_null: [user_id, post_id, message_id, date_key, reacted_at]
  - references: {column: date_key, to: core.dim_date.date_key}
    severity: warn
  # A warning, as rows may have been staged since the users were made; the next materialisation mends that.
  - references: {column: user_id, to: core.dim_social_user.user_id}
    severity: warn
*/
with
    likes as (
        select
            reaction.user_id,
            reaction.post_id,
            reaction.message_id,
            reaction.timestamp as reacted_at,
            row_number() over (
                partition by reaction.user_id, reaction.post_id
                order by reaction.timestamp, reaction.source_object, reaction.record_offset, reaction.message_id
            ) as number
        from staged.social_reactions as reaction
    )

select
    user_id,
    post_id,
    message_id,
    cast(extract(year from reacted_at) as integer) * 10000
    + cast(extract(month from reacted_at) as integer) * 100
    + cast(extract(day from reacted_at) as integer) as date_key,
    reacted_at
from likes
where number = 1
