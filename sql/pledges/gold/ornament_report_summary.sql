/*
description: >-
  What each question of an ornament verification found, by branch and kind of ornament, in the newest of its extracts.
grain: one row a question, branch and ornament code
incremental: {keys: [request_key]}
columns:
  request_key: {type: text, description: "The question: the same for each request that asks the same."}
  request_id: {type: text, description: "The request whose extract is counted."}
  branch_code: {type: text, description: "Branch that lent."}
  ornament_code: {type: text, description: "Kind of ornament."}
  bills: {type: bigint, description: "Bills with such lines."}
  item_count: {type: bigint, description: "Ornaments."}
  gross_weight_g: {type: "decimal(18,3)", description: "Their weight with stones, in g."}
  net_weight_g: {type: "decimal(18,3)", description: "Their weight without stones, in g."}
  appraised_value: {type: "decimal(18,2)", description: "Their appraised value, in rupees."}
checks:
  - unique: [request_key, branch_code, ornament_code]
  - not_null: [request_key, request_id, branch_code, ornament_code, bills, item_count, gross_weight_g, appraised_value]
*/
select
    request_key,
    request_id,
    branch_code,
    ornament_code,
    count(distinct bill_id) as bills,
    cast(sum(item_count) as bigint) as item_count,
    sum(gross_weight_g) as gross_weight_g,
    sum(net_weight_g) as net_weight_g,
    sum(appraised_value) as appraised_value
from staged.report_ornament_verification
group by request_key, request_id, branch_code, ornament_code
