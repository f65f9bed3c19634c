/*
description: >-
  How many users were active on each day (UTC), in the 7 days and in the 28 days that end with it, and how much of the
  month a user comes: stickiness. 28 days are whole weeks, as weekdays differ. Days run from the first with an active
  user to the last, days without any included; the first 27 look back on fewer days than there are to be.
grain: one row a day
refresh: hourly
columns:
  date: {type: date, description: "Day, in UTC."}
  daily_active_users: {type: integer, description: "Users with an event on the day."}
  weekly_active_users: {type: integer, description: "Users with an event in the 7 days that end with it."}
  monthly_active_users: {type: integer, description: "Users with an event in the 28 days that end with it."}
  stickiness: {type: double, description: "daily_active_users ÷ monthly_active_users; null where nobody was active in the month."}
chart: {title: "Users active in 28 days", x: date, y: "sum(monthly_active_users)", kind: line}
checks:
  - unique: [date]
  - not_null: [date, daily_active_users, weekly_active_users, monthly_active_users]
  - expression: "daily_active_users >= 0 and daily_active_users <= weekly_active_users and weekly_active_users <= monthly_active_users"
    name: a_day_is_part_of_its_week_and_month
  - expression: "stickiness between 0 and 1 and (stickiness is null) = (monthly_active_users = 0)"
    name: stickiness_is_a_share
*/
with
    days as (
        select
            date,
            cast(date + interval '7 days' as date) as week_later,
            cast(date + interval '28 days' as date) as month_later,
            lead(date) over (partition by user_id order by date) as next_date
        from gold.social_user_days
    ),

    -- A user counts from a day of theirs on, until the time is over or their next day begins to count instead.
    changes as (
        select
            date,
            1 as daily,
            1 as weekly,
            1 as monthly
        from days
        union all
        select
            case when next_date < week_later then next_date else week_later end as date,
            0 as daily,
            -1 as weekly,
            0 as monthly
        from days
        union all
        select
            case when next_date < month_later then next_date else month_later end as date,
            0 as daily,
            0 as weekly,
            -1 as monthly
        from days
    ),

    by_day as (
        select
            date,
            sum(daily) as daily,
            sum(weekly) as weekly,
            sum(monthly) as monthly
        from changes
        group by date
    ),

    span as (
        select
            min(date) as first_date,
            max(date) as last_date
        from days
    ),

    counted as (
        select
            calendar.date,
            coalesce(by_day.daily, 0) as daily,
            sum(coalesce(by_day.weekly, 0)) over (
                order by calendar.date rows between unbounded preceding and current row
            ) as weekly,
            sum(coalesce(by_day.monthly, 0)) over (
                order by calendar.date rows between unbounded preceding and current row
            ) as monthly
        from core.dim_date as calendar
        inner join span
            on calendar.date >= span.first_date
            and calendar.date <= span.last_date
        left join by_day on by_day.date = calendar.date
    )

select
    date,
    cast(daily as integer) as daily_active_users,
    cast(weekly as integer) as weekly_active_users,
    cast(monthly as integer) as monthly_active_users,
    cast(daily as double precision) / nullif(cast(monthly as double precision), 0) as stickiness
from counted
