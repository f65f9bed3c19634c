/*
description: Every shop that sold something, with the span of its sales; the source says nothing else about shops.
grain: one row a store
columns:
  store_id: {type: integer, description: "Store number."}
  first_sale_date: {type: date, description: "Day of the first sale."}
  last_sale_date: {type: date, description: "Day of the last sale."}
  days_with_sales: {type: integer, description: "Number of days with a sales line, returns and zero lines included."}
  sales_lines: {type: bigint, description: "Number of sales lines, returns and zero lines included."}
checks:
  - unique: [store_id]
  - not_null: [store_id, first_sale_date, last_sale_date]
  - expression: "first_sale_date <= last_sale_date"
    name: first_sale_is_not_after_the_last
*/
with
    -- Grouped by the source's day number first, so that only one timestamp a store and day is turned into a date.
    store_days as (
        select
            store_id,
            day,
            cast(min(sold_at) as date) as sale_date,
            count(*) as sales_lines
        from staged.retail_transactions
        group by store_id, day
    )

select
    store_id,
    min(sale_date) as first_sale_date,
    max(sale_date) as last_sale_date,
    cast(count(*) as integer) as days_with_sales,
    cast(sum(sales_lines) as bigint) as sales_lines
from store_days
group by store_id
