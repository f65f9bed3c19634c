/*
description: >-
  Days of the social network (UTC): from the first with an event or post to the last, days without any included. Days
  outside of core.dim_date are left out.
grain: one row a day
columns:
  date_key: {type: integer, description: "The day as yyyymmdd."}
  date: {type: date, description: "The day."}
checks:
  - unique: [date_key]
  - unique: [date]
  - not_null: [date_key, date]
*/
with
    -- A post can be dated outside of the days of the events.
    ends as (
        select
            min(date_key) as first_key,
            max(date_key) as last_key
        from core.fact_social_event
        union all
        select
            min(date_key) as first_key,
            max(date_key) as last_key
        from core.fact_social_post
    ),

    span as (
        select
            min(first_key) as first_key,
            max(last_key) as last_key
        from ends
    )

select
    calendar.date_key,
    calendar.date
from core.dim_date as calendar
inner join span
    on calendar.date_key >= span.first_key
    and calendar.date_key <= span.last_key
