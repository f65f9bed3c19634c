/*
description: >-
  How each section of the shop did in each month: what was spent and by how many households. Purchases count as in
  gold.household_daily_spend; a month within the data lists all 15 sections, with zeros where nothing was bought.
grain: one row a month and section
columns:
  month_start: {type: date, description: "First day of the month."}
  section: {type: text, description: "Section of the shop."}
  sales_value: {type: "decimal(14,2)", description: "Spent on the section in the month, in dollars."}
  households: {type: integer, description: "Households that bought something of the section in the month."}
chart: {title: "Sales by month", x: month_start, y: "sum(sales_value)", kind: line}
checks:
  - unique: [month_start, section]
  - not_null: [month_start, section, sales_value, households]
  - expression: "sales_value >= 0 and households >= 0 and (sales_value > 0) = (households > 0)"
    name: sales_come_from_households
*/
with
    household_months as (
        select
            spend.household_key,
            month_start.date as month_start,
            sum(spend.alcohol) as alcohol,
            sum(spend.beverages) as beverages,
            sum(spend.concessions) as concessions,
            sum(spend.dairy) as dairy,
            sum(spend.drug) as drug,
            sum(spend.garden) as garden,
            sum(spend.grain_goods) as grain_goods,
            sum(spend.grocery) as grocery,
            sum(spend.home_family) as home_family,
            sum(spend.junk_food) as junk_food,
            sum(spend.kitchen) as kitchen,
            sum(spend.meat) as meat,
            sum(spend.misc) as misc,
            sum(spend.produce) as produce,
            sum(spend.seasonal) as seasonal
        from gold.household_daily_spend as spend
        inner join core.dim_date as calendar on calendar.date = spend.date
        inner join core.dim_date as month_start
            on month_start.year = calendar.year
            and month_start.month = calendar.month
            and month_start.day_of_month = 1
        group by spend.household_key, month_start.date
    ),

    sections as (
        select 'alcohol' as section
        union all
        select 'beverages' as section
        union all
        select 'concessions' as section
        union all
        select 'dairy' as section
        union all
        select 'drug' as section
        union all
        select 'garden' as section
        union all
        select 'grain_goods' as section
        union all
        select 'grocery' as section
        union all
        select 'home_family' as section
        union all
        select 'junk_food' as section
        union all
        select 'kitchen' as section
        union all
        select 'meat' as section
        union all
        select 'misc' as section
        union all
        select 'produce' as section
        union all
        select 'seasonal' as section
    ),

    months_sold as (
        select
            month_start,
            sum(alcohol) as alcohol,
            sum(beverages) as beverages,
            sum(concessions) as concessions,
            sum(dairy) as dairy,
            sum(drug) as drug,
            sum(garden) as garden,
            sum(grain_goods) as grain_goods,
            sum(grocery) as grocery,
            sum(home_family) as home_family,
            sum(junk_food) as junk_food,
            sum(kitchen) as kitchen,
            sum(meat) as meat,
            sum(misc) as misc,
            sum(produce) as produce,
            sum(seasonal) as seasonal,
            count(case when alcohol > 0 then 1 end) as alcohol_households,
            count(case when beverages > 0 then 1 end) as beverages_households,
            count(case when concessions > 0 then 1 end) as concessions_households,
            count(case when dairy > 0 then 1 end) as dairy_households,
            count(case when drug > 0 then 1 end) as drug_households,
            count(case when garden > 0 then 1 end) as garden_households,
            count(case when grain_goods > 0 then 1 end) as grain_goods_households,
            count(case when grocery > 0 then 1 end) as grocery_households,
            count(case when home_family > 0 then 1 end) as home_family_households,
            count(case when junk_food > 0 then 1 end) as junk_food_households,
            count(case when kitchen > 0 then 1 end) as kitchen_households,
            count(case when meat > 0 then 1 end) as meat_households,
            count(case when misc > 0 then 1 end) as misc_households,
            count(case when produce > 0 then 1 end) as produce_households,
            count(case when seasonal > 0 then 1 end) as seasonal_households
        from household_months
        group by month_start
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month
        from months_sold
    ),

    months as (
        select calendar.date as month_start
        from core.dim_date as calendar
        inner join span
            on calendar.date >= span.first_month
            and calendar.date <= span.last_month
        where calendar.day_of_month = 1
    )

select
    months.month_start,
    sections.section,
    coalesce(case sections.section
        when 'alcohol' then sold.alcohol
        when 'beverages' then sold.beverages
        when 'concessions' then sold.concessions
        when 'dairy' then sold.dairy
        when 'drug' then sold.drug
        when 'garden' then sold.garden
        when 'grain_goods' then sold.grain_goods
        when 'grocery' then sold.grocery
        when 'home_family' then sold.home_family
        when 'junk_food' then sold.junk_food
        when 'kitchen' then sold.kitchen
        when 'meat' then sold.meat
        when 'misc' then sold.misc
        when 'produce' then sold.produce
        when 'seasonal' then sold.seasonal
    end, 0) as sales_value,
    cast(coalesce(case sections.section
        when 'alcohol' then sold.alcohol_households
        when 'beverages' then sold.beverages_households
        when 'concessions' then sold.concessions_households
        when 'dairy' then sold.dairy_households
        when 'drug' then sold.drug_households
        when 'garden' then sold.garden_households
        when 'grain_goods' then sold.grain_goods_households
        when 'grocery' then sold.grocery_households
        when 'home_family' then sold.home_family_households
        when 'junk_food' then sold.junk_food_households
        when 'kitchen' then sold.kitchen_households
        when 'meat' then sold.meat_households
        when 'misc' then sold.misc_households
        when 'produce' then sold.produce_households
        when 'seasonal' then sold.seasonal_households
    end, 0) as integer) as households
from months
cross join sections
left join months_sold as sold on sold.month_start = months.month_start
