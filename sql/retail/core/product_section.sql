/*
description: >-
  The section of the shop that each product of the product list stands in, and whether it is gasoline. What takes listed
  products alone has these from here, and need not wait for the sales, as core.dim_product does.
grain: one row a listed product
columns:
  product_id: {type: integer, description: "Product number."}
  section: {type: text, description: "One of 15 sections of the shop, by commodity; misc where the commodity has none."}
  is_gasoline: {type: boolean, description: "Whether it is unleaded fuel, which is sold by volume and no part of a grocery basket."}
checks:
  - unique: [product_id]
  - not_null: [product_id, section, is_gasoline]
  - accepted_values:
      column: section
      values:
        - alcohol
        - beverages
        - concessions
        - dairy
        - drug
        - garden
        - grain_goods
        - grocery
        - home_family
        - junk_food
        - kitchen
        - meat
        - misc
        - produce
        - seasonal
*/
with
    sections as (
        select
            trim(commodity_desc) as commodity,
            trim(section) as section
        from staged.retail_commodity_sections
    ),

    listed as (
        select
            product_id,
            nullif(trim(commodity_desc), '') as commodity,
            nullif(trim(sub_commodity_desc), '') as sub_commodity
        from staged.retail_products
    )

select
    listed.product_id,
    coalesce(sections.section, 'misc') as section,
    coalesce(listed.commodity = 'GASOLINE-REG UNLEADED', false)
    or coalesce(listed.sub_commodity = 'GASOLINE-REG UNLEADED', false) as is_gasoline
from listed
left join sections on sections.commodity = listed.commodity
