/*
description: >-
  What the collection cost in each month: paid for pairs, received for pairs sold, and both together up to then. Months
  run from the first entry to the month in which something was last recorded; months without any entry are there too.
grain: one row a month
columns:
  month_start: {type: date, description: "First day of the month."}
  bought: {type: "decimal(14,2)", description: "Paid for pairs bought in the month."}
  sold: {type: "decimal(14,2)", description: "Received for pairs sold in the month."}
  net: {type: "decimal(14,2)", description: "bought - sold: what the month cost; negative where it brought money in."}
  running_net: {type: "decimal(14,2)", description: "What the collection has cost since its beginning, up to the end of the month."}
chart: {title: "What the collection has cost", x: month_start, y: "sum(running_net)", kind: line}
checks:
  - unique: [month_start]
  - not_null: [month_start, bought, sold, net, running_net]
  - expression: "bought >= 0 and sold >= 0 and net = bought - sold"
    name: net_is_bought_less_sold
*/
with
    events as (
        select
            cast(date_trunc('month', event_date) as date) as month_start,
            coalesce(sum(purchase_price), 0) as bought,
            coalesce(sum(sale_price), 0) as sold,
            cast(date_trunc('month', max(recorded_at)) as date) as recorded_month
        from core.fact_sneaker_event
        group by cast(date_trunc('month', event_date) as date)
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month,
            max(recorded_month) as recorded_month
        from events
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
        select events.month_start
        from events
    )

select
    months.month_start,
    coalesce(events.bought, 0) as bought,
    coalesce(events.sold, 0) as sold,
    coalesce(events.bought, 0) - coalesce(events.sold, 0) as net,
    sum(coalesce(events.bought, 0) - coalesce(events.sold, 0)) over (
        order by months.month_start rows between unbounded preceding and current row
    ) as running_net
from months
left join events on events.month_start = months.month_start
