/*
description: >-
  Of the users who were active first in some week (a cohort), how many were active in it and in each week after it, up to
  the last week with an active user. Weeks run from Monday to Sunday, UTC; the last one is not complete until the data
  reach beyond it.
grain: one row a week of first activity and number of weeks since
refresh: hourly
columns:
  cohort_week: {type: date, description: "Monday of the week in which the users were active first."}
  weeks_since: {type: integer, description: "Whole weeks from it to the week looked at; 0 is the week itself."}
  week_start: {type: date, description: "Monday of the week looked at."}
  cohort_users: {type: integer, description: "Users of the cohort."}
  active_users: {type: integer, description: "Those of them who were active in the week looked at."}
  retention: {type: double, description: "active_users ÷ cohort_users."}
  is_complete: {type: boolean, description: "Whether the data reach beyond the week looked at."}
chart: {title: "Retention by weeks since the first", x: weeks_since, y: "cast(sum(active_users) as double precision) / nullif(cast(sum(cohort_users) as double precision), 0)", kind: line}
checks:
  - unique: [cohort_week, weeks_since]
  - not_null: [cohort_week, weeks_since, week_start, cohort_users, active_users, retention, is_complete]
  - expression: "active_users between 0 and cohort_users and cohort_users > 0"
    name: who_is_active_is_of_the_cohort
  - expression: "weeks_since >= 0 and (weeks_since > 0 or active_users = cohort_users)"
    name: all_are_active_in_the_first_week
*/
with
    user_weeks as (
        select
            user_id,
            cast(date_trunc('week', date) as date) as week_start
        from gold.social_user_days
        group by user_id, cast(date_trunc('week', date) as date)
    ),

    cohort_of as (
        select
            week_start,
            min(week_start) over (partition by user_id) as cohort_week
        from user_weeks
    ),

    counted as (
        select
            cohort_week,
            week_start,
            count(*) as active_users
        from cohort_of
        group by cohort_week, week_start
    ),

    cohorts as (
        select
            cohort_week,
            active_users as cohort_users
        from counted
        where week_start = cohort_week
    ),

    last_week as (
        select max(week_start) as week_start
        from user_weeks
    )

select
    cohorts.cohort_week,
    cast(
        (
            cast(extract(epoch from calendar.date) as bigint)
            - cast(extract(epoch from cohorts.cohort_week) as bigint)
        ) / cast(604800 as bigint) as integer
    ) as weeks_since,
    calendar.date as week_start,
    cast(cohorts.cohort_users as integer) as cohort_users,
    cast(coalesce(counted.active_users, 0) as integer) as active_users,
    cast(coalesce(counted.active_users, 0) as double precision)
    / nullif(cast(cohorts.cohort_users as double precision), 0) as retention,
    calendar.date < last_week.week_start as is_complete
from cohorts
cross join last_week
inner join core.dim_date as calendar
    on calendar.date >= cohorts.cohort_week
    and calendar.date <= last_week.week_start
    and calendar.iso_weekday = 1
left join counted
    on counted.cohort_week = cohorts.cohort_week
    and counted.week_start = calendar.date
