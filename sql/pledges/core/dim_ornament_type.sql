/*
description: >-
  The kinds of ornaments that were pledged. Branches call a kind by words of their own; it has those that most lines
  of its code say.
grain: one row an ornament code
columns:
  ornament_code: {type: text, description: "Kind of ornament, by its code: b1, b2, and so on."}
  ornament_type: {type: text, description: "The kind in words."}
  other_words: {type: bigint, description: "Other words that lines of the code have for it."}
  lines: {type: bigint, description: "Lines of bills with such ornaments."}
checks:
  - unique: [ornament_code]
  - not_null: [ornament_code, ornament_type, other_words, lines]
*/
with said as (
    select ornament_code, ornament_type, count(*) as lines
    from staged.ornaments
    group by ornament_code, ornament_type
),

placed as (
    select
        ornament_code,
        ornament_type,
        lines,
        row_number() over (partition by ornament_code order by lines desc, ornament_type) as place
    from said
)

select
    ornament_code,
    max(case when place = 1 then ornament_type end) as ornament_type,
    count(*) - 1 as other_words,
    cast(sum(lines) as bigint) as lines
from placed
group by ornament_code
