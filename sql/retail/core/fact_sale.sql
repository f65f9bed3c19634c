/*
description: >-
  Every line of every basket, with what was paid and what it would have cost. Zero and negative lines are kept: a model
  that asks for purchases takes quantity > 0 and sales_value > 0.
grain: one row a sales line (a product in a basket)
columns:
  basket_id: {type: bigint, description: "Basket (one visit of one household to one store)."}
  product_id: {type: integer, description: "Product sold."}
  household_key: {type: integer, description: "Household that bought."}
  store_id: {type: integer, description: "Store that sold."}
  date_key: {type: integer, description: "Day of the sale as yyyymmdd."}
  day_no: {type: integer, description: "Day of the sale as the source counts days: 1 is 2004-03-23."}
  sold_at: {type: timestamp, description: "Day and minute of the sale, in the store's local time."}
  quantity: {type: integer, description: "Pieces sold; for fuel a volume, in the thousands."}
  sales_value: {type: "decimal(12,2)", description: "Dollars the store received, what a coupon's issuer refunds included."}
  retail_disc: {type: "decimal(12,2)", description: "Dollars off by the loyalty card; zero or negative."}
  coupon_disc: {type: "decimal(12,2)", description: "Dollars off by a manufacturer's coupon, which sales_value includes; zero or negative."}
  coupon_match_disc: {type: "decimal(12,2)", description: "Dollars the store added to a manufacturer's coupon; zero or negative."}
  paid_value: {type: "decimal(12,2)", description: "Dollars the household paid: sales_value less the manufacturer's coupon."}
  loyalty_value: {type: "decimal(12,2)", description: "The line at the loyalty card's shelf price, before coupons: sales_value - coupon_match_disc."}
  regular_value: {type: "decimal(12,2)", description: "The line at the regular shelf price: sales_value - retail_disc - coupon_match_disc."}
checks:
  - not_null: [basket_id, product_id, household_key, store_id, date_key, day_no, sold_at, quantity, sales_value]
  - references: {column: date_key, to: core.dim_date.date_key}
  - references: {column: household_key, to: core.dim_household.household_key}
  - references: {column: product_id, to: core.dim_product.product_id}
  - references: {column: store_id, to: core.dim_store.store_id}
  - expression: "retail_disc <= 0 and coupon_disc <= 0 and coupon_match_disc <= 0"
    name: discounts_are_not_positive
    severity: warn
  - expression: "quantity >= 0 and sales_value >= 0"
    name: nothing_sold_is_negative
    severity: warn
*/
select
    sale.basket_id,
    sale.product_id,
    sale.household_key,
    sale.store_id,
    -- A left join: a day that the calendar lacks must stop at the check on date_key, not vanish.
    calendar.date_key,
    sale.day as day_no,
    sale.sold_at,
    sale.quantity,
    sale.sales_value,
    sale.retail_disc,
    sale.coupon_disc,
    sale.coupon_match_disc,
    sale.sales_value + sale.coupon_disc as paid_value,
    sale.sales_value - sale.coupon_match_disc as loyalty_value,
    sale.sales_value - sale.retail_disc - sale.coupon_match_disc as regular_value
from staged.retail_transactions as sale
left join core.dim_date as calendar on calendar.date = cast(sale.sold_at as date)
