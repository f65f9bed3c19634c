/*
description: >-
  What was sold, day by day, of the products that each campaign's coupons cover, to all households and over the whole
  span of the sales, so that a campaign can be compared with the time before and after it. Purchases count: lines with
  quantity > 0 and sales_value > 0. A day without any has zeros.
grain: one row a campaign and day between the first and the last sale
columns:
  campaign: {type: integer, description: "Campaign number."}
  date: {type: date, description: "Day of the sales."}
  days_since_start: {type: integer, description: "Days since the campaign's first day, which is 0; negative before it."}
  is_running: {type: boolean, description: "Whether the campaign runs on this day."}
  sales_value: {type: "decimal(14,2)", description: "Dollars of covered products sold."}
  units: {type: bigint, description: "Pieces of covered products sold."}
  baskets: {type: integer, description: "Baskets with at least one covered product."}
  households: {type: integer, description: "Households that bought at least one covered product."}
checks:
  - unique: [campaign, date]
  - not_null: [campaign, date, days_since_start, is_running, sales_value, units, baskets, households]
  - references: {column: campaign, to: core.dim_campaign.campaign}
  - expression: "households <= baskets and baskets <= units and (sales_value > 0) = (baskets > 0)"
    name: sales_come_from_baskets_of_households
*/
with
    -- Whole cents, since a line counts for several campaigns and integers are the fastest to add up.
    purchases as (
        select
            date_key,
            household_key,
            basket_id,
            product_id,
            cast(sales_value * 100 as integer) as cents,
            quantity
        from core.fact_sale
        where
            quantity > 0
            and sales_value > 0
    ),

    -- Baskets first, then households, then days: each step counts what the one before made distinct.
    basket_sales as (
        select
            covered.campaign,
            purchases.date_key,
            purchases.household_key,
            purchases.basket_id,
            cast(sum(purchases.cents) as integer) as cents,
            cast(sum(purchases.quantity) as integer) as units
        from purchases
        inner join core.bridge_campaign_product as covered on covered.product_id = purchases.product_id
        group by covered.campaign, purchases.date_key, purchases.household_key, purchases.basket_id
    ),

    household_sales as (
        select
            campaign,
            date_key,
            household_key,
            cast(sum(cents) as integer) as cents,
            cast(sum(units) as integer) as units,
            count(*) as baskets
        from basket_sales
        group by campaign, date_key, household_key
    ),

    daily_sales as (
        select
            campaign,
            date_key,
            cast(sum(cents) as decimal(14,2)) * 0.01 as sales_value,
            sum(units) as units,
            sum(baskets) as baskets,
            count(*) as households
        from household_sales
        group by campaign, date_key
    ),

    span as (
        select
            min(date_key) as first_key,
            max(date_key) as last_key,
            min(day_no) as first_day_no
        from core.fact_sale
    ),

    -- The calendar has every day, so rows count on from the first day's number.
    days as (
        select
            calendar.date_key,
            calendar.date,
            span.first_day_no + row_number() over (order by calendar.date_key) - 1 as day_no
        from core.dim_date as calendar
        inner join span
            on calendar.date_key >= span.first_key
            and calendar.date_key <= span.last_key
    )

select
    campaign.campaign,
    days.date,
    cast(days.day_no - campaign.start_day as integer) as days_since_start,
    days.date >= campaign.start_date and days.date <= campaign.end_date as is_running,
    coalesce(daily_sales.sales_value, 0) as sales_value,
    cast(coalesce(daily_sales.units, 0) as bigint) as units,
    cast(coalesce(daily_sales.baskets, 0) as integer) as baskets,
    cast(coalesce(daily_sales.households, 0) as integer) as households
from core.dim_campaign as campaign
cross join days
left join daily_sales
    on daily_sales.campaign = campaign.campaign
    and daily_sales.date_key = days.date_key
