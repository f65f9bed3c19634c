/*
description: >-
  What each basket came to, by section of the shop. Purchases count: lines with quantity > 0 and sales_value > 0 of
  listed products other than gasoline; a basket without any has no row. Everything about household value starts here.
grain: one row a basket with purchases
columns:
  basket_id: {type: bigint, description: "Basket (one visit of one household to one store)."}
  household_key: {type: integer, description: "Household that bought."}
  store_id: {type: integer, description: "Store that sold."}
  date_key: {type: integer, description: "Day of the visit as yyyymmdd."}
  day_no: {type: integer, description: "Day of the visit as the source counts days: 1 is 2004-03-23."}
  alcohol: {type: "decimal(14,2)", description: "Spent on section alcohol, in dollars."}
  beverages: {type: "decimal(14,2)", description: "Spent on section beverages, in dollars."}
  concessions: {type: "decimal(14,2)", description: "Spent on section concessions, in dollars."}
  dairy: {type: "decimal(14,2)", description: "Spent on section dairy, in dollars."}
  drug: {type: "decimal(14,2)", description: "Spent on section drug, in dollars."}
  garden: {type: "decimal(14,2)", description: "Spent on section garden, in dollars."}
  grain_goods: {type: "decimal(14,2)", description: "Spent on section grain_goods, in dollars."}
  grocery: {type: "decimal(14,2)", description: "Spent on section grocery, in dollars."}
  home_family: {type: "decimal(14,2)", description: "Spent on section home_family, in dollars."}
  junk_food: {type: "decimal(14,2)", description: "Spent on section junk_food, in dollars."}
  kitchen: {type: "decimal(14,2)", description: "Spent on section kitchen, in dollars."}
  meat: {type: "decimal(14,2)", description: "Spent on section meat, in dollars."}
  misc: {type: "decimal(14,2)", description: "Spent on section misc, in dollars."}
  produce: {type: "decimal(14,2)", description: "Spent on section produce, in dollars."}
  seasonal: {type: "decimal(14,2)", description: "Spent on section seasonal, in dollars."}
  total_sales: {type: "decimal(14,2)", description: "Spent in all, in dollars: the sum of the 15 sections."}
checks:
  - not_null: [basket_id, household_key, store_id, date_key, day_no, alcohol, beverages, concessions, dairy, drug, garden, grain_goods, grocery, home_family, junk_food, kitchen, meat, misc, produce, seasonal, total_sales]
  - references: {column: household_key, to: core.dim_household.household_key}
  - expression: "total_sales > 0 and total_sales = alcohol + beverages + concessions + dairy + drug + garden + grain_goods + grocery + home_family + junk_food + kitchen + meat + misc + produce + seasonal"
    name: sections_add_up_to_the_total
  - unique: [basket_id]
    name: a_basket_is_one_visit
    severity: warn
*/
with
    -- Whole cents: adding integers up is several times as fast as decimals, and as exact.
    purchases as (
        select
            sale.basket_id,
            sale.household_key,
            sale.store_id,
            -- A left join: a day that the calendar lacks must stop at the check on date_key, not vanish.
            calendar.date_key,
            sale.day as day_no,
            product.section,
            cast(sale.sales_value * 100 as integer) as cents
        from staged.retail_transactions as sale
        inner join core.product_section as product on product.product_id = sale.product_id
        left join core.dim_date as calendar on calendar.date = cast(sale.sold_at as date)
        where
            sale.quantity > 0
            and sale.sales_value > 0
            and not product.is_gasoline
    ),

    baskets as (
        select
            basket_id,
            household_key,
            store_id,
            date_key,
            day_no,
            sum(case when section = 'alcohol' then cents else 0 end) as alcohol,
            sum(case when section = 'beverages' then cents else 0 end) as beverages,
            sum(case when section = 'concessions' then cents else 0 end) as concessions,
            sum(case when section = 'dairy' then cents else 0 end) as dairy,
            sum(case when section = 'drug' then cents else 0 end) as drug,
            sum(case when section = 'garden' then cents else 0 end) as garden,
            sum(case when section = 'grain_goods' then cents else 0 end) as grain_goods,
            sum(case when section = 'grocery' then cents else 0 end) as grocery,
            sum(case when section = 'home_family' then cents else 0 end) as home_family,
            sum(case when section = 'junk_food' then cents else 0 end) as junk_food,
            sum(case when section = 'kitchen' then cents else 0 end) as kitchen,
            sum(case when section = 'meat' then cents else 0 end) as meat,
            sum(case when section = 'misc' then cents else 0 end) as misc,
            sum(case when section = 'produce' then cents else 0 end) as produce,
            sum(case when section = 'seasonal' then cents else 0 end) as seasonal,
            sum(cents) as total_sales
        from purchases
        group by basket_id, household_key, store_id, date_key, day_no
    )

select
    basket_id,
    household_key,
    store_id,
    date_key,
    day_no,
    cast(alcohol as decimal(14,2)) * 0.01 as alcohol,
    cast(beverages as decimal(14,2)) * 0.01 as beverages,
    cast(concessions as decimal(14,2)) * 0.01 as concessions,
    cast(dairy as decimal(14,2)) * 0.01 as dairy,
    cast(drug as decimal(14,2)) * 0.01 as drug,
    cast(garden as decimal(14,2)) * 0.01 as garden,
    cast(grain_goods as decimal(14,2)) * 0.01 as grain_goods,
    cast(grocery as decimal(14,2)) * 0.01 as grocery,
    cast(home_family as decimal(14,2)) * 0.01 as home_family,
    cast(junk_food as decimal(14,2)) * 0.01 as junk_food,
    cast(kitchen as decimal(14,2)) * 0.01 as kitchen,
    cast(meat as decimal(14,2)) * 0.01 as meat,
    cast(misc as decimal(14,2)) * 0.01 as misc,
    cast(produce as decimal(14,2)) * 0.01 as produce,
    cast(seasonal as decimal(14,2)) * 0.01 as seasonal,
    cast(total_sales as decimal(14,2)) * 0.01 as total_sales
from baskets
