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
    lives as (
        select
            sneaker_id,
            min(case when event_type = 'bought' then event_date end) as bought_on,
            min(case when event_type in ('sold', 'given', 'trashed') then event_date end) as left_on
        from core.fact_sneaker_event
        group by sneaker_id
    ),

    -- By days, since what happens on the last of a month may count from the first of the next in UTC.
    owned as (
        select
            bought_on,
            left_on
        from lives
        where
            left_on is null
            or left_on >= bought_on
    ),

    changes as (
        select
            month_start,
            sum(pairs) as pairs
        from (
            select
                cast(date_trunc('month', bought_on) as date) as month_start,
                1 as pairs
            from owned
            where bought_on is not null
            union all
            select
                cast(date_trunc('month', left_on) as date) as month_start,
                -1 as pairs
            from owned
            where
                left_on is not null
                and bought_on is not null
        ) as moves
        group by month_start
    ),

    events as (
        select
            cast(date_trunc('month', event_date) as date) as month_start,
            count(case when event_type = 'bought' then 1 end) as bought,
            count(case when event_type = 'sold' then 1 end) as sold,
            count(case when event_type = 'given' then 1 end) as given,
            count(case when event_type = 'trashed' then 1 end) as trashed,
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
    cast(
        sum(coalesce(changes.pairs, 0)) over (
            order by months.month_start rows between unbounded preceding and current row
        ) as integer
    ) as pairs_owned,
    cast(coalesce(events.bought, 0) as integer) as pairs_bought,
    cast(coalesce(events.sold, 0) as integer) as pairs_sold,
    cast(coalesce(events.given, 0) as integer) as pairs_given,
    cast(coalesce(events.trashed, 0) as integer) as pairs_trashed
from months
left join changes on changes.month_start = months.month_start
left join events on events.month_start = months.month_start
