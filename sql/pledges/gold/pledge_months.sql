/*
description: What each branch took in pledge in each month, by kind of ornament.
grain: one row a branch, month and ornament code
columns:
  branch_code: {type: text, description: "Branch that lent."}
  month_start: {type: date, description: "First day of the month."}
  ornament_code: {type: text, description: "Kind of ornament."}
  lines: {type: bigint, description: "Lines of bills with such ornaments."}
  item_count: {type: bigint, description: "Ornaments."}
  gross_weight_g: {type: "decimal(18,3)", description: "Their weight with stones, in g."}
  net_weight_g: {type: "decimal(18,3)", description: "Their weight without stones, in g."}
  fine_weight_g: {type: "decimal(18,3)", description: "Pure gold in them, in g."}
  appraised_value: {type: "decimal(18,2)", description: "Their appraised value, in rupees."}
chart: {title: "Appraised value by month", x: month_start, y: "sum(appraised_value)", kind: line}
checks:
  - unique: [branch_code, month_start, ornament_code]
  - not_null: [branch_code, month_start, ornament_code, lines, item_count, gross_weight_g, fine_weight_g, appraised_value]
*/
select
    branch_code,
    cast(date_trunc('month', pledged_on) as date) as month_start,
    ornament_code,
    count(*) as lines,
    cast(sum(item_count) as bigint) as item_count,
    sum(gross_weight_g) as gross_weight_g,
    sum(net_weight_g) as net_weight_g,
    sum(fine_weight_g) as fine_weight_g,
    sum(appraised_value) as appraised_value
from core.fact_pledge
group by branch_code, cast(date_trunc('month', pledged_on) as date), ornament_code
