/*
title: Ornament verification
description: >-
  The bills that hold the ornaments asked for, line by line. A bill is found where for every line asked it holds a line
  of that ornament code with count and gross weight within the ranges, bounds included; or for any of them. One line of
  a bill may answer several lines asked. All lines of the bills are given; fits tells those that were asked for.
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
  fits: {type: boolean, description: "Whether the line is within the ranges of a line asked."}
  source_object: {type: text, description: "File that states it."}
  source_line: {type: bigint, description: "Line of that file."}
checks:
  - unique: [source_object, source_line]
  - not_null: [bill_id, ornament_code, item_count, gross_weight_g, appraised_value, fits]
chart: {title: "Value of what fits by branch", x: branch_code, y: "sum(case when fits then appraised_value end)"}
show:
  columns: [bill_id, ornament_code, ornament_type, item_count, gross_weight_g, net_weight_g, purity_karat, appraised_value, fits]
  sort: [bill_id, source_line]
*/
with
    asked as (
        select
            code,
            coalesce(lower_count, 1) as lower_count,
            coalesce(upper_count, 2147483647) as upper_count,
            coalesce(lower_weight_g, cast(0 as decimal(10, 3))) as lower_weight_g,
            coalesce(upper_weight_g, cast(9999999.999 as decimal(10, 3))) as upper_weight_g
        from request.lines
        group by 1, 2, 3, 4, 5
    ),
    held as (
        select
            pledge.bill_id,
            pledge.source_object,
            pledge.source_line,
            asked.code,
            asked.lower_count,
            asked.upper_count,
            asked.lower_weight_g,
            asked.upper_weight_g
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
        select bill_id, code, lower_count, upper_count, lower_weight_g, upper_weight_g
        from held
        group by 1, 2, 3, 4, 5, 6
    ),
    found as (
        select bill_id
        from answered
        group by bill_id
        having :match = 'any' or count(*) = (select count(*) from asked)
    ),
    fitting as (
        select source_object, source_line
        from held
        group by source_object, source_line
    )
select
    pledge.bill_id,
    pledge.branch_code,
    pledge.bill_number,
    pledge.pledged_on,
    pledge.ornament_code,
    kind.ornament_type,
    pledge.item_count,
    pledge.gross_weight_g,
    pledge.net_weight_g,
    pledge.purity_karat,
    pledge.appraised_value,
    fitting.source_line is not null as fits,
    pledge.source_object,
    pledge.source_line
from found
inner join core.fact_pledge as pledge on pledge.bill_id = found.bill_id
left join core.dim_ornament_type as kind on kind.ornament_code = pledge.ornament_code
left join fitting on fitting.source_object = pledge.source_object and fitting.source_line = pledge.source_line
