/*
description: >-
  How much each pair was used in each month in which it had an entry, with the colour and material that it has by now,
  in small letters: what gold.sneaker_wears_by_color and gold.sneaker_wears_by_season_material sum up.
grain: one row a pair and month with an entry of it
incremental: {keys: [sneaker_id]}
columns:
  sneaker_id: {type: bigint, description: "Pair."}
  month_start: {type: date, description: "First day of the month."}
  month: {type: integer, description: "Month of the year, 1 to 12."}
  color: {type: text, description: "Colour in small letters; unknown where not said."}
  material: {type: text, description: "Material in small letters; unknown where not said."}
  wears: {type: integer, description: "Times it was worn."}
  walks: {type: integer, description: "Times it was walked in."}
  recorded_at: {type: timestamp, description: "When the last of the month's entries was written down, in UTC."}
checks:
  - unique: [sneaker_id, month_start]
  - not_null: [sneaker_id, month_start, month, color, material, wears, walks, recorded_at]
*/
with
    events as (
        select
            event.sneaker_id,
            cast(date_trunc('month', event.event_date) as date) as month_start,
            coalesce(lower(pair.color), 'unknown') as color,
            coalesce(lower(pair.material), 'unknown') as material,
            case when event.event_type = 'worn' then 1 end as worn,
            case when event.event_type = 'walked' then 1 end as walked,
            event.recorded_at
        from core.fact_sneaker_event as event
        inner join core.dim_sneaker_current as pair on pair.sneaker_id = event.sneaker_id
    )

select
    sneaker_id,
    month_start,
    cast(extract(month from month_start) as integer) as month,
    color,
    material,
    cast(count(worn) as integer) as wears,
    cast(count(walked) as integer) as walks,
    max(recorded_at) as recorded_at
from events
group by sneaker_id, month_start, color, material
