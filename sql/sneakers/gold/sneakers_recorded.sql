/*
description: >-
  Up to which day the collection is known: the last day on which something was recorded, or happened, of whichever pair.
grain: one row, none before the first entry
columns:
  last_on: {type: date, description: "The day."}
checks:
  - not_null: [last_on]
*/
with
    recorded as (
        select
            max(date) as last_date,
            cast(max(recorded_at) as date) as last_recorded
        from gold.sneaker_days
    )

select case when last_date > last_recorded then last_date else last_recorded end as last_on
from recorded
where last_date is not null
