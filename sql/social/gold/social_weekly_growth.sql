/*
description: >-
  How the number of active users came about in each week (Monday to Sunday, UTC): who was new, who stayed, who came back
  and who was lost since the week before. Weeks run from the first with an active user to the last, those without any
  included. The last week is not complete until the data reach beyond it: who has not come yet may still come.
grain: one row a week
refresh: hourly
columns:
  week_start: {type: date, description: "Monday of the week."}
  active_users: {type: integer, description: "Users with an event in the week."}
  new_users: {type: integer, description: "Active users who were never active before."}
  retained_users: {type: integer, description: "Active users who were active in the week before."}
  reactivated_users: {type: integer, description: "Active users who were active before, but not in the week before."}
  churned_users: {type: integer, description: "Users of the week before who are not active in this one."}
  is_complete: {type: boolean, description: "Whether the data reach beyond the week."}
chart: {title: "Active users by week", x: week_start, y: "sum(active_users)", kind: line}
checks:
  - unique: [week_start]
  - not_null: [week_start, active_users, new_users, retained_users, reactivated_users, churned_users, is_complete]
  - expression: "active_users = new_users + retained_users + reactivated_users and churned_users >= 0"
    name: everybody_active_is_new_retained_or_reactivated
*/
with
    user_weeks as (
        select
            user_id,
            cast(date_trunc('week', date) as date) as week_start
        from gold.social_user_days
        group by user_id, cast(date_trunc('week', date) as date)
    ),

    neighbours as (
        select
            week_start,
            cast(week_start - interval '7 days' as date) as week_before,
            cast(week_start + interval '7 days' as date) as week_after,
            lag(week_start) over (partition by user_id order by week_start) as earlier_week,
            lead(week_start) over (partition by user_id order by week_start) as later_week
        from user_weeks
    ),

    arrivals as (
        select
            week_start,
            count(*) as active_users,
            count(case when earlier_week is null then 1 end) as new_users,
            count(case when earlier_week = week_before then 1 end) as retained_users,
            count(case when earlier_week < week_before then 1 end) as reactivated_users
        from neighbours
        group by week_start
    ),

    losses as (
        select
            week_after as week_start,
            count(*) as churned_users
        from neighbours
        where
            later_week is null
            or later_week > week_after
        group by week_after
    ),

    span as (
        select
            cast(date_trunc('week', min(date)) as date) as first_week,
            cast(date_trunc('week', max(date)) as date) as last_week
        from gold.social_user_days
    )

select
    calendar.date as week_start,
    cast(coalesce(arrivals.active_users, 0) as integer) as active_users,
    cast(coalesce(arrivals.new_users, 0) as integer) as new_users,
    cast(coalesce(arrivals.retained_users, 0) as integer) as retained_users,
    cast(coalesce(arrivals.reactivated_users, 0) as integer) as reactivated_users,
    cast(coalesce(losses.churned_users, 0) as integer) as churned_users,
    calendar.date < span.last_week as is_complete
from core.dim_date as calendar
inner join span
    on calendar.date >= span.first_week
    and calendar.date <= span.last_week
left join arrivals on arrivals.week_start = calendar.date
left join losses on losses.week_start = calendar.date
where calendar.iso_weekday = 1
