/*
description: Every marketing campaign with its type and the days it ran.
grain: one row a campaign
columns:
  campaign: {type: integer, description: "Campaign number."}
  campaign_type: {type: text, description: "TypeA (each household gets coupons picked for it), TypeB or TypeC (all of its households get the same coupons)."}
  start_date: {type: date, description: "First day."}
  end_date: {type: date, description: "Last day."}
  start_day: {type: integer, description: "First day as the source counts days: 1 is 2004-03-23."}
  end_day: {type: integer, description: "Last day as the source counts days."}
  days: {type: integer, description: "Length in days, first and last included."}
checks:
  - unique: [campaign]
  - not_null: [campaign, campaign_type, start_date, end_date, start_day, end_day]
  - accepted_values: {column: campaign_type, values: [TypeA, TypeB, TypeC]}
    severity: warn
  - expression: "start_day <= end_day and start_date <= end_date"
    name: starts_before_it_ends
*/
select
    campaign,
    trim(campaign_type) as campaign_type,
    start_date,
    end_date,
    start_day,
    end_day,
    end_day - start_day + 1 as days
from staged.retail_campaigns
