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

    household_sections as (
        select
            household_months.household_key,
            household_months.month_start,
            sections.section,
            case sections.section
                when 'alcohol' then household_months.alcohol
                when 'beverages' then household_months.beverages
                when 'concessions' then household_months.concessions
                when 'dairy' then household_months.dairy
                when 'drug' then household_months.drug
                when 'garden' then household_months.garden
                when 'grain_goods' then household_months.grain_goods
                when 'grocery' then household_months.grocery
                when 'home_family' then household_months.home_family
                when 'junk_food' then household_months.junk_food
                when 'kitchen' then household_months.kitchen
                when 'meat' then household_months.meat
                when 'misc' then household_months.misc
                when 'produce' then household_months.produce
                when 'seasonal' then household_months.seasonal
            end as sales_value
        from household_months
        cross join sections
    ),

    span as (
        select
            min(month_start) as first_month,
            max(month_start) as last_month
        from household_months
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
    coalesce(sum(spent.sales_value), 0) as sales_value,
    cast(count(case when spent.sales_value > 0 then spent.household_key end) as integer) as households
from months
cross join sections
left join household_sections as spent
    on spent.month_start = months.month_start
    and spent.section = sections.section
group by months.month_start, sections.section
