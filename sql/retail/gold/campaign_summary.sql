/*
description: >-
  What each campaign did: daily sales of the products its coupons cover before, during and after it, and how many of
  the households it was sent to answered. Before and after are the 28 days next to it: whole weeks, since weekdays
  differ, and the same for campaigns of every length. Only days between the first and the last sale count; a mean of
  no days is null.
grain: one row a campaign
columns:
  campaign: {type: integer, description: "Campaign number."}
  campaign_type: {type: text, description: "TypeA, TypeB or TypeC."}
  start_date: {type: date, description: "First day."}
  end_date: {type: date, description: "Last day."}
  days: {type: integer, description: "Length in days, first and last included."}
  products: {type: integer, description: "Products that its coupons cover."}
  days_before: {type: integer, description: "Days with data among the 28 before it."}
  days_during: {type: integer, description: "Days with data while it ran."}
  days_after: {type: integer, description: "Days with data among the 28 after it."}
  daily_sales_before: {type: double, description: "Mean dollars a day of covered products in the 28 days before it."}
  daily_sales_during: {type: double, description: "Mean dollars a day of covered products while it ran."}
  daily_sales_after: {type: double, description: "Mean dollars a day of covered products in the 28 days after it."}
  lift: {type: double, description: "daily_sales_during / daily_sales_before - 1; 0.1 is 10 % more. Null where nothing was sold before it or one of the two is unknown."}
  households_targeted: {type: integer, description: "Households that it was sent to."}
  households_redeeming: {type: integer, description: "Households that redeemed at least one of its coupons."}
  redemptions: {type: integer, description: "Coupons redeemed."}
  redemption_rate: {type: double, description: "households_redeeming / households_targeted; null where none was targeted."}
chart: {title: "Lift of daily sales by campaign", x: campaign, y: "max(lift)", kind: bar}
checks:
  - unique: [campaign]
  - not_null: [campaign, campaign_type, start_date, end_date, days, products, households_targeted, households_redeeming, redemptions]
  - references: {column: campaign, to: core.dim_campaign.campaign}
  - expression: "households_redeeming <= redemptions"
    name: a_redeeming_household_redeems
  - expression: "households_redeeming <= households_targeted"
    name: only_targeted_households_redeem
    severity: warn
*/
with
    phased as (
        select
            sales.campaign,
            sales.sales_value,
            case
                when sales.is_running then 'during'
                when sales.days_since_start < 0 and sales.days_since_start >= -28 then 'before'
                when sales.days_since_start >= campaign.days and sales.days_since_start < campaign.days + 28 then 'after'
            end as phase
        from gold.campaign_daily_sales as sales
        inner join core.dim_campaign as campaign on campaign.campaign = sales.campaign
    ),

    phases as (
        select
            campaign,
            count(case when phase = 'before' then 1 end) as days_before,
            count(case when phase = 'during' then 1 end) as days_during,
            count(case when phase = 'after' then 1 end) as days_after,
            cast(sum(case when phase = 'before' then sales_value end) as double precision) as sales_before,
            cast(sum(case when phase = 'during' then sales_value end) as double precision) as sales_during,
            cast(sum(case when phase = 'after' then sales_value end) as double precision) as sales_after
        from phased
        group by campaign
    ),

    means as (
        select
            campaign,
            days_before,
            days_during,
            days_after,
            sales_before / nullif(cast(days_before as double precision), 0) as daily_sales_before,
            sales_during / nullif(cast(days_during as double precision), 0) as daily_sales_during,
            sales_after / nullif(cast(days_after as double precision), 0) as daily_sales_after
        from phases
    ),

    products as (
        select
            campaign,
            count(*) as products
        from core.bridge_campaign_product
        group by campaign
    ),

    targeted as (
        select
            campaign,
            count(*) as households_targeted
        from core.bridge_campaign_household
        group by campaign
    ),

    redeemed as (
        select
            campaign,
            count(distinct household_key) as households_redeeming,
            count(*) as redemptions
        from core.fact_coupon_redemption
        group by campaign
    )

select
    campaign.campaign,
    campaign.campaign_type,
    campaign.start_date,
    campaign.end_date,
    campaign.days,
    cast(coalesce(products.products, 0) as integer) as products,
    cast(coalesce(means.days_before, 0) as integer) as days_before,
    cast(coalesce(means.days_during, 0) as integer) as days_during,
    cast(coalesce(means.days_after, 0) as integer) as days_after,
    means.daily_sales_before,
    means.daily_sales_during,
    means.daily_sales_after,
    means.daily_sales_during / nullif(means.daily_sales_before, 0) - 1 as lift,
    cast(coalesce(targeted.households_targeted, 0) as integer) as households_targeted,
    cast(coalesce(redeemed.households_redeeming, 0) as integer) as households_redeeming,
    cast(coalesce(redeemed.redemptions, 0) as integer) as redemptions,
    cast(coalesce(redeemed.households_redeeming, 0) as double precision)
    / nullif(cast(targeted.households_targeted as double precision), 0) as redemption_rate
from core.dim_campaign as campaign
left join means on means.campaign = campaign.campaign
left join products on products.campaign = campaign.campaign
left join targeted on targeted.campaign = campaign.campaign
left join redeemed on redeemed.campaign = campaign.campaign
