/*
description: How many records there are of each day, and what they come to.
grain: one row a day
columns:
  day: {type: date, description: "Day, in UTC."}
  records: {type: bigint, description: "Records of that day."}
  amount: {type: "decimal(14,2)", description: "Sum of their amounts."}
chart: {title: "Amount by day", x: day, y: "sum(amount)", kind: line}
checks:
  - unique: [day]
  - not_null: [day, records]
*/
select
    cast(recorded_at as date) as day,
    count(*) as records,
    sum(amount) as amount
from staged.example_records
group by cast(recorded_at as date)
