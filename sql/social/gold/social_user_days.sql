/*
description: >-
  What each user did on each day (UTC) on which they were active: on which any event bears their user id, as
  gold.social_daily_activity counts them. Being followed is no activity. Messages are counted as they were sent: a post
  told twice is two.
grain: one row a user and day with an event of theirs
incremental: {keys: [user_id, date_key]}
columns:
  user_id: {type: text, description: "User, by the id of the events."}
  date_key: {type: integer, description: "Day, in UTC, as yyyymmdd."}
  date: {type: date, description: "Day, in UTC."}
  events: {type: integer, description: "Messages of all kinds."}
  posts: {type: integer, description: "Messages that tell of a post."}
  follows: {type: integer, description: "Messages that the user follows somebody."}
  unfollows: {type: integer, description: "Messages that the user follows somebody no longer."}
  reactions: {type: integer, description: "Messages that the user likes a post."}
  first_at: {type: timestamp, description: "First event, in UTC."}
  last_at: {type: timestamp, description: "Last event, in UTC."}
checks:
  - unique: [user_id, date_key]
  - not_null: [user_id, date_key, date, events, posts, follows, unfollows, reactions, first_at, last_at]
  - expression: "events > 0 and events >= posts + follows + unfollows + reactions"
    name: parts_of_the_events
  - expression: "first_at <= last_at and cast(first_at as date) = date and cast(last_at as date) = date"
    name: events_are_of_the_day
  - expression: "date_key = cast(extract(year from date) as integer) * 10000 + cast(extract(month from date) as integer) * 100 + cast(extract(day from date) as integer)"
    name: the_day_is_its_key
*/
select
    user_id,
    date_key,
    cast(max(occurred_at) as date) as date,
    cast(count(*) as integer) as events,
    cast(count(case when event_name = 'Post Created' then 1 end) as integer) as posts,
    cast(count(case when event_name = 'Follow User' then 1 end) as integer) as follows,
    cast(count(case when event_name = 'Unfollow User' then 1 end) as integer) as unfollows,
    cast(count(case when event_name = 'Post Liked' then 1 end) as integer) as reactions,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at
from core.fact_social_event
where user_id is not null
group by user_id, date_key
