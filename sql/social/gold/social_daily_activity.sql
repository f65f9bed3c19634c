/*
description: >-
  What happened on the social network, day by day (UTC), from the first day with an event or post to the last, days
  without any included. A user is active on a day on which any event has their user id (posts count for their author);
  being followed is no activity. Days outside of core.dim_date are left out.
grain: one row a day
columns:
  date: {type: date, description: "Day, in UTC."}
  active_users: {type: integer, description: "Users with at least one event on the day."}
  new_users: {type: integer, description: "Active users who were never active before."}
  returning_users: {type: integer, description: "Active users who were active on an earlier day."}
  posts: {type: integer, description: "Posts published on the day (core.fact_social_post)."}
  follows: {type: integer, description: "Follows that began on the day; a follow while following is none."}
  unfollows: {type: integer, description: "Follows that ended on the day; an unfollow while not following is none."}
  net_follows: {type: integer, description: "follows - unfollows: by how much the number of follows grew."}
  events: {type: integer, description: "Messages of all kinds, anonymous ones included."}
chart: {title: "Active users by day", x: date, y: "sum(active_users)", kind: line}
checks:
  - unique: [date]
  - not_null: [date, active_users, new_users, returning_users, posts, follows, unfollows, net_follows, events]
  - expression: "active_users = new_users + returning_users and net_follows = follows - unfollows"
    name: numbers_add_up
  - expression: "active_users <= events and new_users >= 0 and returning_users >= 0 and posts >= 0 and follows >= 0 and unfollows >= 0"
    name: users_come_from_events
*/
with
    daily_events as (
        select
            date_key,
            count(*) as events
        from core.fact_social_event
        group by date_key
    ),

    user_days as (
        select
            user_id,
            date_key,
            min(date_key) over (partition by user_id) as first_date_key
        from core.fact_social_event
        where user_id is not null
        group by user_id, date_key
    ),

    daily_users as (
        select
            date_key,
            count(*) as active_users,
            count(case when date_key = first_date_key then user_id end) as new_users
        from user_days
        group by date_key
    ),

    daily_posts as (
        select
            date_key,
            count(*) as posts
        from core.fact_social_post
        group by date_key
    ),

    daily_follows as (
        select
            cast(followed_at as date) as date,
            count(*) as follows
        from core.fact_social_follow
        group by cast(followed_at as date)
    ),

    daily_unfollows as (
        select
            cast(unfollowed_at as date) as date,
            count(*) as unfollows
        from core.fact_social_follow
        where unfollowed_at is not null
        group by cast(unfollowed_at as date)
    ),

    -- A post can be dated outside of the days of the events.
    days as (
        select date_key from daily_events
        union
        select date_key from daily_posts
    ),

    span as (
        select
            min(date_key) as first_key,
            max(date_key) as last_key
        from days
    )

select
    calendar.date,
    cast(coalesce(daily_users.active_users, 0) as integer) as active_users,
    cast(coalesce(daily_users.new_users, 0) as integer) as new_users,
    cast(coalesce(daily_users.active_users, 0) - coalesce(daily_users.new_users, 0) as integer) as returning_users,
    cast(coalesce(daily_posts.posts, 0) as integer) as posts,
    cast(coalesce(daily_follows.follows, 0) as integer) as follows,
    cast(coalesce(daily_unfollows.unfollows, 0) as integer) as unfollows,
    cast(coalesce(daily_follows.follows, 0) - coalesce(daily_unfollows.unfollows, 0) as integer) as net_follows,
    cast(coalesce(daily_events.events, 0) as integer) as events
from core.dim_date as calendar
inner join span
    on calendar.date_key >= span.first_key
    and calendar.date_key <= span.last_key
left join daily_events on daily_events.date_key = calendar.date_key
left join daily_users on daily_users.date_key = calendar.date_key
left join daily_posts on daily_posts.date_key = calendar.date_key
left join daily_follows on daily_follows.date = calendar.date
left join daily_unfollows on daily_unfollows.date = calendar.date
