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
select
    basket.household_key,
    calendar.date,
    sum(basket.alcohol) as alcohol,
    sum(basket.beverages) as beverages,
    sum(basket.concessions) as concessions,
    sum(basket.dairy) as dairy,
    sum(basket.drug) as drug,
    sum(basket.garden) as garden,
    sum(basket.grain_goods) as grain_goods,
    sum(basket.grocery) as grocery,
    sum(basket.home_family) as home_family,
    sum(basket.junk_food) as junk_food,
    sum(basket.kitchen) as kitchen,
    sum(basket.meat) as meat,
    sum(basket.misc) as misc,
    sum(basket.produce) as produce,
    sum(basket.seasonal) as seasonal,
    sum(basket.total_sales) as total_sales
from core.fact_basket as basket
inner join core.dim_date as calendar on calendar.date_key = basket.date_key
group by basket.household_key, calendar.date
