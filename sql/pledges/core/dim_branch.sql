/*
description: The branches that stated bills, with how far their statements reach.
grain: one row a branch
columns:
  branch_code: {type: text, description: "Branch, by its code."}
  first_pledged_on: {type: date, description: "Day of its first pledge."}
  last_pledged_on: {type: date, description: "Day of its last pledge."}
  months: {type: bigint, description: "Months of which it stated a bill."}
  bills: {type: bigint, description: "Bills that it wrote."}
checks:
  - unique: [branch_code]
  - not_null: [branch_code, first_pledged_on, last_pledged_on, months, bills]
*/
with bill as (
    select branch_code, source_object, bill_number, pledged_on
    from staged.ornaments
    group by branch_code, source_object, bill_number, pledged_on
)
select
    branch_code,
    min(pledged_on) as first_pledged_on,
    max(pledged_on) as last_pledged_on,
    count(distinct source_object) as months,
    count(*) as bills
from bill
group by branch_code
