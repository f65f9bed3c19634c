/*
description: >-
  How much each colour was used in each month in which a pair of it had an entry; gold.sneaker_wears_by_color has the
  months between, too.
grain: one row a month and colour with an entry
incremental: {keys: [month_start]}
columns:
  month_start: {type: date, description: "First day of the month."}
  color: {type: text, description: "Colour in small letters; unknown where not said."}
  wears: {type: integer, description: "Wears of its pairs."}
  walks: {type: integer, description: "Walks in its pairs."}
  pairs_worn: {type: integer, description: "Different pairs that were worn."}
  recorded_at: {type: timestamp, description: "When the last of these entries was written down, in UTC."}
checks:
  - unique: [month_start, color]
  - not_null: [month_start, color, wears, walks, pairs_worn, recorded_at]
  - expression: "pairs_worn >= 0 and pairs_worn <= wears and (wears > 0) = (pairs_worn > 0)"
    name: wears_come_from_pairs
*/
select
    month_start,
    color,
    cast(sum(wears) as integer) as wears,
    cast(sum(walks) as integer) as walks,
    cast(count(case when wears > 0 then sneaker_id end) as integer) as pairs_worn,
    max(recorded_at) as recorded_at
from gold.sneaker_pair_months
group by month_start, color
