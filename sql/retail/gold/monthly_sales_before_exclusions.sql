/*
description: >-
  What the store received in each month before anything is left out, and what of it does not count for households and
  sections, by the first reason that holds: lines without a positive quantity and value, products that are not listed,
  gasoline. What is left is what gold.section_monthly_sales tells.
grain: one row a month with a sales line
columns:
  month_start: {type: date, description: "First day of the month."}
  lines: {type: bigint, description: "Sales lines of all kinds."}
  sales_before_exclusions: {type: "decimal(14,2)", description: "Dollars of all lines."}
  no_purchase_lines: {type: bigint, description: "Lines whose quantity or value is not above zero, such as returns and coupons."}
  no_purchase_sales: {type: "decimal(14,2)", description: "Dollars of these."}
  unlisted_lines: {type: bigint, description: "Purchases of products that the product file does not list."}
  unlisted_sales: {type: "decimal(14,2)", description: "Dollars of these."}
  gasoline_lines: {type: bigint, description: "Purchases of gasoline."}
  gasoline_sales: {type: "decimal(14,2)", description: "Dollars of these."}
  counted_lines: {type: bigint, description: "Lines that count."}
  counted_sales: {type: "decimal(14,2)", description: "Dollars of these: the month's sections of gold.section_monthly_sales together."}
chart: {title: "Sales before exclusions by month", x: month_start, y: "sum(sales_before_exclusions)", kind: line}
checks:
  - unique: [month_start]
  - not_null: [month_start, lines, sales_before_exclusions, no_purchase_lines, no_purchase_sales, unlisted_lines, unlisted_sales, gasoline_lines, gasoline_sales, counted_lines, counted_sales]
  - expression: "lines = no_purchase_lines + unlisted_lines + gasoline_lines + counted_lines and sales_before_exclusions = no_purchase_sales + unlisted_sales + gasoline_sales + counted_sales"
    name: every_line_counts_or_is_left_out_once
*/
with
    -- Whole cents, added up by day first: a hundredth of the additions that a sum for each reason would take.
    sorted as (
        select
            cast(sale.sold_at as date) as sold_on,
            cast(sale.sales_value * 100 as integer) as cents,
            case
                when sale.quantity > 0 and sale.sales_value > 0 and product.is_listed and not product.is_gasoline
                    then 'counted'
                when sale.quantity > 0 and sale.sales_value > 0 and product.is_listed then 'gasoline'
                when sale.quantity > 0 and sale.sales_value > 0 then 'unlisted'
                else 'no purchase'
            end as what
        from core.fact_sale as sale
        inner join core.dim_product as product on product.product_id = sale.product_id
    ),

    days as (
        select
            cast(date_trunc('month', sold_on) as date) as month_start,
            what,
            count(*) as lines,
            cast(sum(cents) as decimal(14,2)) * 0.01 as sales_value
        from sorted
        group by sold_on, what
    )

select
    month_start,
    cast(sum(lines) as bigint) as lines,
    sum(sales_value) as sales_before_exclusions,
    cast(sum(case when what = 'no purchase' then lines else 0 end) as bigint) as no_purchase_lines,
    sum(case when what = 'no purchase' then sales_value else 0 end) as no_purchase_sales,
    cast(sum(case when what = 'unlisted' then lines else 0 end) as bigint) as unlisted_lines,
    sum(case when what = 'unlisted' then sales_value else 0 end) as unlisted_sales,
    cast(sum(case when what = 'gasoline' then lines else 0 end) as bigint) as gasoline_lines,
    sum(case when what = 'gasoline' then sales_value else 0 end) as gasoline_sales,
    cast(sum(case when what = 'counted' then lines else 0 end) as bigint) as counted_lines,
    sum(case when what = 'counted' then sales_value else 0 end) as counted_sales
from days
group by month_start
