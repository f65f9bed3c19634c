/*
description: >-
  How many pairs the collector owned at the end of each month, and what came and went in it. Months run from the first
  entry to the month in which something was last recorded; months without any entry are there too. What the pairs had
  cost is in gold.sneaker_spend_by_month, by currency.
grain: one row a month
columns:
  month_start: {type: date, description: "First day of the month."}
  pairs_owned: {type: integer, description: "Pairs owned at the end of the month."}
  pairs_bought: {type: integer, description: "Pairs bought in the month."}
  pairs_sold: {type: integer, description: "Pairs sold in the month."}
  pairs_given: {type: integer, description: "Pairs given away in the month."}
  pairs_trashed: {type: integer, description: "Pairs thrown away in the month."}
chart: {title: "Pairs owned at the end of the month", x: month_start, y: "sum(pairs_owned)", kind: line}
checks:
  - unique: [month_start]
  - not_null: [month_start, pairs_owned, pairs_bought, pairs_sold, pairs_given, pairs_trashed]
  - expression: "pairs_owned >= 0"
    name: nobody_owns_less_than_nothing
*/
with
    monthly as (
        select
            cast(date_trunc('month', date) as date) as month_start,
            sum(pairs_gained) as gained,
            sum(pairs_bought) as bought,
            sum(pairs_sold) as sold,
            sum(pairs_given) as given,
            sum(pairs_trashed) as trashed,
            cast(date_trunc('month', max(recorded_at)) as date) as recorded_month
        from gold.sneaker_days
        group by cast(date_trunc('month', date) as date)
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month,
            max(recorded_month) as recorded_month
        from monthly
    ),

    -- Pairs can be older than the calendar.
    months as (
        select calendar.date as month_start
        from core.dim_date as calendar
        inner join span
            on calendar.date >= span.first_month
            and (calendar.date <= span.last_month or calendar.date <= span.recorded_month)
        where calendar.day_of_month = 1
        union
        select monthly.month_start
        from monthly
    )

select
    months.month_start,
    cast(
        sum(coalesce(monthly.gained, 0)) over (
            order by months.month_start rows between unbounded preceding and current row
        ) as integer
    ) as pairs_owned,
    cast(coalesce(monthly.bought, 0) as integer) as pairs_bought,
    cast(coalesce(monthly.sold, 0) as integer) as pairs_sold,
    cast(coalesce(monthly.given, 0) as integer) as pairs_given,
    cast(coalesce(monthly.trashed, 0) as integer) as pairs_trashed
from months
left join monthly on monthly.month_start = months.month_start
