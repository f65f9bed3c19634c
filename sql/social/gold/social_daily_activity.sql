/*
description: >-
  What happened on the social network, day by day (UTC), from the first day with an event or post to the last, days
  without any included. A user is active on a day on which any event has their user id (posts count for their author);
  being followed is no activity. Days outside of core.dim_date are left out.
grain: one row a day
incremental: {keys: [date]}
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

    daily_users as (
        select
            date,
            count(*) as active_users
        from gold.social_user_days
        group by date
    ),

    daily_new_users as (
        select
            first_active_on,
            count(*) as new_users
        from gold.social_user_summary
        group by first_active_on
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
            date,
            sum(gained) as follows,
            sum(lost) as unfollows
        from gold.social_follower_history
        group by date
    )

select
    day.date,
    cast(coalesce(daily_users.active_users, 0) as integer) as active_users,
    cast(coalesce(daily_new_users.new_users, 0) as integer) as new_users,
    cast(coalesce(daily_users.active_users, 0) - coalesce(daily_new_users.new_users, 0) as integer) as returning_users,
    cast(coalesce(daily_posts.posts, 0) as integer) as posts,
    cast(coalesce(daily_follows.follows, 0) as integer) as follows,
    cast(coalesce(daily_follows.unfollows, 0) as integer) as unfollows,
    cast(coalesce(daily_follows.follows, 0) - coalesce(daily_follows.unfollows, 0) as integer) as net_follows,
    cast(coalesce(daily_events.events, 0) as integer) as events
from core.dim_social_day as day
left join daily_events on daily_events.date_key = day.date_key
left join daily_users on daily_users.date = day.date
left join daily_new_users on daily_new_users.first_active_on = day.date
left join daily_posts on daily_posts.date_key = day.date_key
left join daily_follows on daily_follows.date = day.date
