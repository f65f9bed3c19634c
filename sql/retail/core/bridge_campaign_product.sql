/*
description: Which products the coupons of each campaign cover, whichever coupon it is.
grain: one row a campaign and product
columns:
  campaign: {type: integer, description: "Campaign number."}
  product_id: {type: integer, description: "Product that at least one of the campaign's coupons covers."}
checks:
  - unique: [campaign, product_id]
  - not_null: [campaign, product_id]
*/
select
    campaign,
    product_id
from core.bridge_coupon_product
group by campaign, product_id
