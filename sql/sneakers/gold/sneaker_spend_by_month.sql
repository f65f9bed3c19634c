/*
description: >-
  What the collection cost in each month: paid for pairs, received for pairs sold, both together up to then, and what
  the pairs owned at its end had cost. Money is never added across currencies: each has its own rows. Months run from
  the first entry to the month in which something was last recorded, in whichever currency; months without any entry
  are there too.
grain: one row a month and currency
columns:
  month_start: {type: date, description: "First day of the month."}
  currency: {type: text, description: "Currency (ISO 4217); own for the collector's usual one."}
  bought: {type: "decimal(14,2)", description: "Paid for pairs bought in the month."}
  sold: {type: "decimal(14,2)", description: "Received for pairs sold in the month."}
  net: {type: "decimal(14,2)", description: "bought - sold: what the month cost; negative where it brought money in."}
  running_net: {type: "decimal(14,2)", description: "What the collection has cost since its beginning, up to the end of the month."}
  value_owned: {type: "decimal(14,2)", description: "What the pairs owned at the end of the month had cost."}
chart: {title: "What the collection has cost, by currency", x: currency, y: "sum(net)", kind: bar}
checks:
  - unique: [month_start, currency]
  - not_null: [month_start, currency, bought, sold, net, running_net, value_owned]
  - expression: "bought >= 0 and sold >= 0 and net = bought - sold"
    name: net_is_bought_less_sold
  - expression: "value_owned >= 0"
    name: nothing_owned_is_worth_less_than_nothing
*/
with
    changes as (
        select
            cast(date_trunc('month', date) as date) as month_start,
            currency,
            sum(bought) as bought,
            sum(sold) as sold,
            sum(value_gained) as value,
            cast(date_trunc('month', max(recorded_at)) as date) as recorded_month
        from gold.sneaker_days
        group by cast(date_trunc('month', date) as date), currency
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month,
            max(recorded_month) as recorded_month
        from changes
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
        select changes.month_start
        from changes
    ),

    filled as (
        select
            months.month_start,
            currencies.currency,
            coalesce(changes.bought, 0) as bought,
            coalesce(changes.sold, 0) as sold,
            coalesce(changes.value, 0) as value
        from months
        cross join (select distinct currency from changes) as currencies
        left join changes
            on changes.month_start = months.month_start
            and changes.currency = currencies.currency
    )

select
    month_start,
    currency,
    bought,
    sold,
    bought - sold as net,
    sum(bought - sold) over (
        partition by currency
        order by month_start rows between unbounded preceding and current row
    ) as running_net,
    sum(value) over (
        partition by currency
        order by month_start rows between unbounded preceding and current row
    ) as value_owned
from filled
