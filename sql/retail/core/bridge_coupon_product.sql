/*
description: Which products each coupon of each campaign can be redeemed for.
grain: one row a campaign, coupon and product
columns:
  campaign: {type: integer, description: "Campaign that issues the coupon."}
  coupon_upc: {type: bigint, description: "Coupon number; several campaigns may issue the same one."}
  product_id: {type: integer, description: "Product that the coupon covers."}
checks:
  - unique: [campaign, coupon_upc, product_id]
  - not_null: [campaign, coupon_upc, product_id]
  - references: {column: campaign, to: core.dim_campaign.campaign}
  - references: {column: product_id, to: core.dim_product.product_id}
    severity: warn
*/
select
    campaign,
    coupon_upc,
    product_id
from staged.retail_coupons
group by campaign, coupon_upc, product_id
