/*
description: >-
  Who posted in the 7 days up to the last event in the data, whatever the clock says, and how often: the part of
  gold.social_user_summary that changes by others' events, too.
grain: one row a user with a recent post
columns:
  user_id: {type: text, description: "User."}
  posts: {type: integer, description: "Posts published in the 7 days that end with the last event in the data."}
checks:
  - unique: [user_id]
  - not_null: [user_id, posts]
  - expression: "posts > 0"
    name: everybody_here_posted
*/
with
    last_event as (
        select max(occurred_at) as occurred_at
        from core.fact_social_event
    )

select
    post.user_id,
    cast(count(*) as integer) as posts
from core.fact_social_post as post
inner join last_event
    on post.published_at > last_event.occurred_at - interval '7 days'
    and post.published_at <= last_event.occurred_at
group by post.user_id
