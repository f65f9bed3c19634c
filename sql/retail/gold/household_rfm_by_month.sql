/*
description: >-
  How recently, how often and for how much each household shopped, as it stood at the end of each month: of the purchases
  of the 12 months that end with it (fewer at the beginning of the data). Purchases count as in core.fact_basket. Scores are
  fifths of the households of the month, 5 the best; households that are alike have the same score. So a household can be
  followed through its life, while gold.household_summary tells of the end alone, with the day limits of its own.
grain: one row a month and household with a purchase in the 12 months that end with it
columns:
  month_start: {type: date, description: "First day of the month at whose end is looked."}
  household_key: {type: integer, description: "Household (loyalty card) number."}
  last_purchase_on: {type: date, description: "Day of the last purchase by then."}
  recency_days: {type: integer, description: "Days from it to the last day of the month."}
  baskets: {type: integer, description: "Baskets in the 12 months."}
  total_sales: {type: "decimal(14,2)", description: "Spent in the 12 months, in dollars."}
  r_score: {type: integer, description: "Fifth by recency_days, 1 to 5; 5 shopped last."}
  f_score: {type: integer, description: "Fifth by baskets, 1 to 5; 5 shopped most often."}
  m_score: {type: integer, description: "Fifth by total_sales, 1 to 5; 5 spent most."}
  rfm_score: {type: integer, description: "r_score + f_score + m_score, 3 to 15."}
chart: {title: "Mean RFM score by month", x: month_start, y: "avg(cast(rfm_score as double precision))", kind: line}
checks:
  - unique: [month_start, household_key]
  - not_null: [month_start, household_key, last_purchase_on, recency_days, baskets, total_sales, r_score, f_score, m_score, rfm_score]
  - expression: "r_score between 1 and 5 and f_score between 1 and 5 and m_score between 1 and 5 and rfm_score = r_score + f_score + m_score"
    name: scores_are_fifths
  - expression: "recency_days between 0 and 366 and baskets > 0 and total_sales > 0"
    name: purchases_are_of_the_twelve_months
*/
with
    household_months as (
        select
            basket.household_key,
            cast(date_trunc('month', calendar.date) as date) as month_start,
            count(*) as baskets,
            sum(basket.total_sales) as total_sales,
            max(calendar.date) as last_purchase_on
        from core.fact_basket as basket
        inner join core.dim_date as calendar on calendar.date_key = basket.date_key
        group by basket.household_key, cast(date_trunc('month', calendar.date) as date)
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month
        from household_months
    ),

    -- Of the calendar, as in a month without any purchase the households stand somewhere, too.
    months as (
        select
            calendar.date as month_start,
            cast(calendar.date - interval '11 months' as date) as first_month,
            cast(cast(calendar.date + interval '1 month' as date) - interval '1 day' as date) as last_day
        from core.dim_date as calendar
        inner join span
            on calendar.date >= span.first_month
            and calendar.date <= span.last_month
        where calendar.day_of_month = 1
    ),

    standing as (
        select
            months.month_start,
            spent.household_key,
            max(spent.last_purchase_on) as last_purchase_on,
            (
                cast(extract(epoch from months.last_day) as bigint)
                - cast(extract(epoch from max(spent.last_purchase_on)) as bigint)
            ) / cast(86400 as bigint) as recency_days,
            cast(sum(spent.baskets) as bigint) as baskets,
            sum(spent.total_sales) as total_sales
        from months
        inner join household_months as spent
            on spent.month_start >= months.first_month
            and spent.month_start <= months.month_start
        group by months.month_start, months.last_day, spent.household_key
    ),

    -- The share of the households that are worse, 0 to 1; those that are alike have the same.
    ranked as (
        select
            month_start,
            household_key,
            last_purchase_on,
            recency_days,
            baskets,
            total_sales,
            percent_rank() over (partition by month_start order by recency_days desc) as recency,
            percent_rank() over (partition by month_start order by baskets) as frequency,
            percent_rank() over (partition by month_start order by total_sales) as money
        from standing
    ),

    scored as (
        select
            month_start,
            household_key,
            last_purchase_on,
            recency_days,
            baskets,
            total_sales,
            case
                when recency >= 0.8 then 5
                when recency >= 0.6 then 4
                when recency >= 0.4 then 3
                when recency >= 0.2 then 2
                else 1
            end as r_score,
            case
                when frequency >= 0.8 then 5
                when frequency >= 0.6 then 4
                when frequency >= 0.4 then 3
                when frequency >= 0.2 then 2
                else 1
            end as f_score,
            case
                when money >= 0.8 then 5
                when money >= 0.6 then 4
                when money >= 0.4 then 3
                when money >= 0.2 then 2
                else 1
            end as m_score
        from ranked
    )

select
    month_start,
    household_key,
    last_purchase_on,
    cast(recency_days as integer) as recency_days,
    cast(baskets as integer) as baskets,
    total_sales,
    r_score,
    f_score,
    m_score,
    r_score + f_score + m_score as rfm_score
from scored
