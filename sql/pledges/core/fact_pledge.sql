/*
description: >-
  What was pledged, line by line of the bills. A bill is known by its branch, day and number, since two branches may
  use one number, and a branch begins anew each year. A bill may have several lines of one code.
grain: one row a line of a bill
incremental: {keys: [source_object]}
indexes: [[ornament_code, gross_weight_g]]
columns:
  bill_id: {type: text, description: "Bill: branch, day and number with slashes between."}
  branch_code: {type: text, description: "Branch that lent."}
  bill_number: {type: text, description: "Number of the bill, the branch's own."}
  pledged_on: {type: date, description: "Day on which the ornaments were pledged."}
  date_key: {type: integer, description: "That day as yyyymmdd; null outside the calendar."}
  ornament_code: {type: text, description: "Kind of ornament."}
  item_count: {type: integer, description: "Ornaments of the line."}
  gross_weight_g: {type: "decimal(10,3)", description: "Weight of the line with stones, in g."}
  net_weight_g: {type: "decimal(10,3)", description: "Weight of the line without stones, in g."}
  purity_karat: {type: "decimal(4,2)", description: "Purity of the gold, in karat; 24 is pure."}
  fine_weight_g: {type: "decimal(10,3)", description: "Pure gold in it: net weight by purity, in g."}
  appraised_value: {type: "decimal(14,2)", description: "Appraised value of the line, in rupees."}
  source_object: {type: text, description: "File that states it."}
  source_line: {type: bigint, description: "Line of that file."}
checks:
  - unique: [source_object, source_line]
  - not_null: [bill_id, pledged_on, ornament_code, item_count, gross_weight_g, appraised_value, source_object]
  - references: {column: branch_code, to: core.dim_branch.branch_code}
  - references: {column: ornament_code, to: core.dim_ornament_type.ornament_code}
  - expression: "fine_weight_g <= net_weight_g and net_weight_g <= gross_weight_g"
    name: weights_are_in_order
*/
select
    concat(ornament.branch_code, '/', to_char(ornament.pledged_on, 'YYYY-MM-DD'), '/', ornament.bill_number)
        as bill_id,
    ornament.branch_code,
    ornament.bill_number,
    ornament.pledged_on,
    calendar.date_key,
    ornament.ornament_code,
    ornament.item_count,
    ornament.gross_weight_g,
    ornament.net_weight_g,
    ornament.purity_karat,
    -- Eight decimals, since six would round 0.49958 mg (1199 of 2400 parts) up to a half, and that to a whole.
    round(cast(cast(ornament.net_weight_g * ornament.purity_karat as double precision) / 24 as decimal(18, 8)), 3)
        as fine_weight_g,
    ornament.appraised_value,
    ornament.source_object,
    ornament.source_line
from staged.ornaments as ornament
left join core.dim_date as calendar on calendar.date = ornament.pledged_on
