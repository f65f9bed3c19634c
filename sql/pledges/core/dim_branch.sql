/*
description: The branches that stated pledges, with how far their statements reach.
grain: one row a branch
columns:
  branch_code: {type: text, description: "Branch, by its code."}
  first_pledged_on: {type: date, description: "Day of its first pledge."}
  last_pledged_on: {type: date, description: "Day of its last pledge."}
  months: {type: bigint, description: "Months of which it stated a pledge."}
  lines: {type: bigint, description: "Lines of its bills."}
checks:
  - unique: [branch_code]
  - not_null: [branch_code, first_pledged_on, last_pledged_on, months, lines]
*/
with month as (
    select
        branch_code,
        source_object,
        min(pledged_on) as first_pledged_on,
        max(pledged_on) as last_pledged_on,
        count(*) as lines
    from staged.ornaments
    group by branch_code, source_object
)

select
    branch_code,
    min(first_pledged_on) as first_pledged_on,
    max(last_pledged_on) as last_pledged_on,
    count(*) as months,
    cast(sum(lines) as bigint) as lines
from month
group by branch_code
