/*
description: Which households each campaign was sent to.
grain: one row a campaign and household
columns:
  campaign: {type: integer, description: "Campaign number."}
  household_key: {type: integer, description: "Household that the campaign was sent to."}
checks:
  - unique: [campaign, household_key]
  - not_null: [campaign, household_key]
  - references: {column: campaign, to: core.dim_campaign.campaign}
  - references: {column: household_key, to: core.dim_household.household_key}
    severity: warn
*/
select
    campaign,
    household_key
from staged.retail_campaign_households
group by campaign, household_key
