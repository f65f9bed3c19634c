/*
description: Every coupon that a household handed in.
grain: one row a redeemed coupon
columns:
  household_key: {type: integer, description: "Household that redeemed."}
  campaign: {type: integer, description: "Campaign that issued the coupon."}
  coupon_upc: {type: bigint, description: "Coupon number."}
  date_key: {type: integer, description: "Day of the redemption as yyyymmdd."}
  day_no: {type: integer, description: "Day of the redemption as the source counts days: 1 is 2004-03-23."}
  is_targeted: {type: boolean, description: "Whether the campaign was sent to the household."}
checks:
  - not_null: [household_key, campaign, coupon_upc, date_key, day_no, is_targeted]
  - references: {column: date_key, to: core.dim_date.date_key}
  - references: {column: household_key, to: core.dim_household.household_key}
    severity: warn
  - references: {column: campaign, to: core.dim_campaign.campaign}
  - references: {column: coupon_upc, to: core.bridge_coupon_product.coupon_upc}
    severity: warn
  - unique: [household_key, campaign, coupon_upc, day_no]
    severity: warn
  - expression: "is_targeted"
    name: only_targeted_households_redeem
    severity: warn
*/
with
    targeted as (
        select household_key, campaign
        from staged.retail_campaign_households
        group by household_key, campaign
    )

select
    redemption.household_key,
    redemption.campaign,
    redemption.coupon_upc,
    calendar.date_key,
    redemption.day as day_no,
    targeted.household_key is not null as is_targeted
from staged.retail_coupon_redemptions as redemption
left join core.dim_date as calendar on calendar.date = redemption.redeemed_on
left join targeted
    on targeted.household_key = redemption.household_key
    and targeted.campaign = redemption.campaign
