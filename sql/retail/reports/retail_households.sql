/*
title: Households by value and section
description: Households of the chosen RFM bins, with what they spent in the chosen sections of the shop.
grain: one row a household and section
parameters:
  bins: {type: integer, label: "RFM bins", many: true, choices: {from: gold.household_summary.rfm_bin}, help: "1 is the lowest value, 5 the highest."}
  sections: {type: text, label: "Sections", many: true, required: false, choices: {from: gold.section_monthly_sales.section}, help: "All, where none is chosen."}
  spent_from: {type: "decimal(14,2)", label: "Spent from", min: 0, default: 0, help: "Dollars spent in the section, at least."}
columns:
  household_key: {type: integer, description: "Household (loyalty card) number."}
  rfm_bin: {type: integer, description: "Value of the household, 1 (lowest) to 5."}
  section: {type: text, description: "Section of the shop."}
  sales_value: {type: "decimal(14,2)", description: "Dollars spent in the section."}
checks:
  - unique: [household_key, section]
  - not_null: [household_key, rfm_bin, section, sales_value]
chart: {title: "Sales by section", x: section, y: "sum(sales_value)"}
limits: {seconds: 120}
show: {sort: [sales_value desc]}
*/
with
    sections as (
        select distinct section from gold.section_monthly_sales
    ),
    spent as (
        select
            household.household_key,
            household.rfm_bin,
            sections.section,
            case sections.section
                when 'alcohol' then household.alcohol
                when 'beverages' then household.beverages
                when 'concessions' then household.concessions
                when 'dairy' then household.dairy
                when 'drug' then household.drug
                when 'garden' then household.garden
                when 'grain_goods' then household.grain_goods
                when 'grocery' then household.grocery
                when 'home_family' then household.home_family
                when 'junk_food' then household.junk_food
                when 'kitchen' then household.kitchen
                when 'meat' then household.meat
                when 'misc' then household.misc
                when 'produce' then household.produce
                when 'seasonal' then household.seasonal
            end as sales_value
        from gold.household_summary as household
        cross join sections
    )
select household_key, rfm_bin, section, sales_value
from spent
where rfm_bin in (select value from request.bins)
    and (section in (select value from request.sections) or not exists (select 1 from request.sections))
    and sales_value >= :spent_from
