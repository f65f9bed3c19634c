/*
description: >-
  Every product: those of the product list, and an inferred member (is_listed is false) for each one that is only seen
  in sales, so that no sale is lost by a join. What coupons alone name is no product that was ever in a basket.
grain: one row a product
columns:
  product_id: {type: integer, description: "Product number."}
  is_listed: {type: boolean, description: "Whether the product list describes the product; if not, all that describes it is null."}
  manufacturer: {type: integer, description: "Number of the manufacturer."}
  brand: {type: text, description: "National or Private (the grocer's own)."}
  department: {type: text, description: "Widest group of the product hierarchy."}
  commodity: {type: text, description: "Middle group of the product hierarchy."}
  sub_commodity: {type: text, description: "Narrowest group of the product hierarchy."}
  package_size: {type: text, description: "Size of the package as the label says it, such as 22 LB; often unknown."}
  section: {type: text, description: "One of 15 sections of the shop, by commodity; misc where the commodity has none."}
  is_gasoline: {type: boolean, description: "Whether it is unleaded fuel, which is sold by volume and no part of a grocery basket."}
checks:
  - unique: [product_id]
  - not_null: [product_id, is_listed, section, is_gasoline]
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
  - accepted_values: {column: brand, values: [National, Private]}
    severity: warn
*/
with
    listed as (
        select
            product_id,
            manufacturer,
            nullif(trim(brand), '') as brand,
            nullif(trim(department), '') as department,
            nullif(trim(commodity_desc), '') as commodity,
            nullif(trim(sub_commodity_desc), '') as sub_commodity,
            nullif(trim(curr_size_of_product), '') as package_size
        from staged.retail_products
    ),

    seen as (
        select product_id from staged.retail_transactions group by product_id
    )

select
    listed.product_id,
    true as is_listed,
    listed.manufacturer,
    listed.brand,
    listed.department,
    listed.commodity,
    listed.sub_commodity,
    listed.package_size,
    product_section.section,
    product_section.is_gasoline
from listed
inner join core.product_section as product_section on product_section.product_id = listed.product_id

union all

select
    seen.product_id,
    false as is_listed,
    cast(null as integer) as manufacturer,
    cast(null as text) as brand,
    cast(null as text) as department,
    cast(null as text) as commodity,
    cast(null as text) as sub_commodity,
    cast(null as text) as package_size,
    'misc' as section,
    false as is_gasoline
from seen
left join listed on listed.product_id = seen.product_id
where listed.product_id is null
