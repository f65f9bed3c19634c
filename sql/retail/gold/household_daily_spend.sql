/*
description: >-
  What each household spent on each day, by section of the shop. Purchases count as in core.fact_basket: lines with
  quantity > 0 and sales_value > 0 of listed products other than gasoline; a day without any has no row.
grain: one row a household and day with purchases
columns:
  household_key: {type: integer, description: "Household (loyalty card) number."}
  date: {type: date, description: "Day of the purchases."}
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
  - unique: [household_key, date]
  - not_null: [household_key, date, alcohol, beverages, concessions, dairy, drug, garden, grain_goods, grocery, home_family, junk_food, kitchen, meat, misc, produce, seasonal, total_sales]
  - references: {column: household_key, to: core.dim_household.household_key}
  - expression: "total_sales > 0 and total_sales = alcohol + beverages + concessions + dairy + drug + garden + grain_goods + grocery + home_family + junk_food + kitchen + meat + misc + produce + seasonal"
    name: sections_add_up_to_the_total
*/
with
    -- Whole cents: sums of integers take a tenth of the memory of sums of decimals, and so need no disk.
    days as (
        select
            basket.household_key,
            calendar.date,
            sum(cast(basket.alcohol * 100 as integer)) as alcohol,
            sum(cast(basket.beverages * 100 as integer)) as beverages,
            sum(cast(basket.concessions * 100 as integer)) as concessions,
            sum(cast(basket.dairy * 100 as integer)) as dairy,
            sum(cast(basket.drug * 100 as integer)) as drug,
            sum(cast(basket.garden * 100 as integer)) as garden,
            sum(cast(basket.grain_goods * 100 as integer)) as grain_goods,
            sum(cast(basket.grocery * 100 as integer)) as grocery,
            sum(cast(basket.home_family * 100 as integer)) as home_family,
            sum(cast(basket.junk_food * 100 as integer)) as junk_food,
            sum(cast(basket.kitchen * 100 as integer)) as kitchen,
            sum(cast(basket.meat * 100 as integer)) as meat,
            sum(cast(basket.misc * 100 as integer)) as misc,
            sum(cast(basket.produce * 100 as integer)) as produce,
            sum(cast(basket.seasonal * 100 as integer)) as seasonal,
            sum(cast(basket.total_sales * 100 as integer)) as total_sales
        from core.fact_basket as basket
        inner join core.dim_date as calendar on calendar.date_key = basket.date_key
        group by basket.household_key, calendar.date
    )

select
    household_key,
    date,
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
from days
