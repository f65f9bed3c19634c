/*
title: Ornament verification
description: >-
  The bills that hold the ornaments asked for, line by line. A bill is found where for every line asked it holds a line
  of that ornament code with count and gross weight within the ranges, bounds included; or for any of them. One line of
  a bill may answer several lines asked. The lines that were asked for are given, and no others of the bills.
grain: one row a line of a bill
parameters:
  lines:
    label: Ornaments
    help: A bound that is left out bounds nothing.
    repeated: {min: 1, max: 20}
    fields:
      code: {type: text, label: Ornament code, choices: {from: core.dim_ornament_type.ornament_code}}
      lower_count: {type: integer, label: "Count, at least", min: 1, default: 1, required: false}
      upper_count: {type: integer, label: "Count, at most", min: 1, required: false}
      lower_weight_g: {type: "decimal(10,3)", label: "Gross weight in g, at least", min: 0, default: 0, required: false}
      upper_weight_g: {type: "decimal(10,3)", label: "Gross weight in g, at most", min: 0, required: false}
  match: {type: text, label: A bill has, choices: {all: every line asked, any: any of the lines}, default: all}
  branches: {type: text, label: Branches, many: true, required: false, choices: {from: core.dim_branch.branch_code}, help: "All, where none is chosen."}
  pledged_from: {type: date, label: Pledged from, required: false}
  pledged_to: {type: date, label: Pledged to, required: false, help: "This day included."}
rules:
  - {holds: lower_count <= upper_count, in: lines, at: upper_count, message: must not be below the lower count}
  - {holds: lower_weight_g <= upper_weight_g, in: lines, at: upper_weight_g, message: must not be below the lower weight}
  - {holds: pledged_from <= pledged_to, at: pledged_to, message: must not be before the first day}
columns:
  bill_id: {type: text, description: "Bill: branch, day and number with slashes between."}
  branch_code: {type: text, description: "Branch that lent."}
  bill_number: {type: text, description: "Number of the bill, the branch's own."}
  pledged_on: {type: date, description: "Day on which the ornaments were pledged."}
  ornament_code: {type: text, description: "Kind of ornament."}
  ornament_type: {type: text, description: "Kind of ornament, in words."}
  item_count: {type: integer, description: "Ornaments of the line."}
  gross_weight_g: {type: "decimal(10,3)", description: "Weight of the line with stones, in g."}
  net_weight_g: {type: "decimal(10,3)", description: "Weight of the line without stones, in g."}
  purity_karat: {type: "decimal(4,2)", description: "Purity of the gold, in karat; 24 is pure."}
  appraised_value: {type: "decimal(14,2)", description: "Appraised value of the line, in rupees."}
  source_object: {type: text, description: "File that states it."}
  source_line: {type: bigint, description: "Line of that file."}
checks:
  - unique: [source_object, source_line]
  - not_null: [bill_id, ornament_code, item_count, gross_weight_g, appraised_value]
chart: {title: "Appraised value by branch", x: branch_code, y: "sum(appraised_value)"}
show:
  columns: [bill_id, ornament_code, ornament_type, item_count, gross_weight_g, net_weight_g, purity_karat, appraised_value]
  sort: [bill_id, source_line]
*/
with
    lines as (
        select
            code,
            coalesce(lower_count, 1) as lower_count,
            coalesce(upper_count, 2147483647) as upper_count,
            coalesce(lower_weight_g, cast(0 as decimal(10, 3))) as lower_weight_g,
            coalesce(upper_weight_g, cast(9999999.999 as decimal(10, 3))) as upper_weight_g
        from request.lines
        group by 1, 2, 3, 4, 5
    ),
    asked as (
        select
            code,
            lower_count,
            upper_count,
            lower_weight_g,
            upper_weight_g,
            row_number() over (
                order by code, lower_count, upper_count, lower_weight_g, upper_weight_g
            ) as number
        from lines
    ),
    held as (
        select
            asked.number,
            pledge.bill_id,
            pledge.branch_code,
            pledge.bill_number,
            pledge.pledged_on,
            pledge.ornament_code,
            pledge.item_count,
            pledge.gross_weight_g,
            pledge.net_weight_g,
            pledge.purity_karat,
            pledge.appraised_value,
            pledge.source_object,
            pledge.source_line
        from asked
        inner join core.fact_pledge as pledge
            on pledge.ornament_code = asked.code
            and pledge.gross_weight_g >= asked.lower_weight_g
            and pledge.gross_weight_g <= asked.upper_weight_g
            and pledge.item_count >= asked.lower_count
            and pledge.item_count <= asked.upper_count
        where (:pledged_from is null or pledge.pledged_on >= :pledged_from)
            and (:pledged_to is null or pledge.pledged_on <= :pledged_to)
            and (
                pledge.branch_code in (select value from request.branches)
                or not exists (select 1 from request.branches)
            )
    ),
    answered as (
        select bill_id, number
        from held
        group by bill_id, number
    ),
    found as (
        select bill_id
        from answered
        group by bill_id
        having :match = 'any' or count(*) = (select count(*) from asked)
    )
select
    held.bill_id,
    held.branch_code,
    held.bill_number,
    held.pledged_on,
    held.ornament_code,
    kind.ornament_type,
    held.item_count,
    held.gross_weight_g,
    held.net_weight_g,
    held.purity_karat,
    held.appraised_value,
    held.source_object,
    held.source_line
from held
inner join found on found.bill_id = held.bill_id
left join core.dim_ornament_type as kind on kind.ornament_code = held.ornament_code
-- A line of a bill that answers several lines asked is given once.
where not exists (
    select 1
    from asked as earlier
    where earlier.number < held.number
        and earlier.code = held.ornament_code
        and held.gross_weight_g >= earlier.lower_weight_g
        and held.gross_weight_g <= earlier.upper_weight_g
        and held.item_count >= earlier.lower_count
        and held.item_count <= earlier.upper_count
)
