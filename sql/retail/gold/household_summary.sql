/*
description: >-
  Who each surveyed household is, how recently, how often and for how much it shopped (RFM), and what it spent by
  section of the shop. Purchases count as in core.fact_basket (quantity > 0 and sales_value > 0, listed products other
  than gasoline), from 2004-07-01 to 2006-02-28, the last day included. Households whose purchases fall on a single day
  are left out of the table and of the quintiles; all others count in the quintiles, surveyed or not.
grain: one row a household that is in the demographic survey and has purchases on two days or more
columns:
  household_key: {type: integer, description: "Household (loyalty card) number."}
  age_45_plus: {type: boolean, description: "Whether the head of the household is known to be 45 or older."}
  income_50k_plus: {type: boolean, description: "Whether the yearly income is known to be 50,000 dollars or more."}
  has_kids: {type: boolean, description: "Whether the composition names kids or three or more persons live there."}
  single: {type: boolean, description: "Whether the composition is Single Female or Single Male, or one person lives there."}
  couple: {type: boolean, description: "Whether the composition is 2 Adults No Kids."}
  single_couple_family: {type: integer, description: "1: one person, 2: two persons, 3: three or more; null where the size is unknown."}
  r_score: {type: integer, description: "Recency by the day number of the last purchase: 1 up to 525, 2 up to 615, 3 up to 675, 4 up to 700, 5 above."}
  f_score: {type: integer, description: "Frequency, 1 to 5: quintile of baskets a day from the first purchase to the last."}
  m_score: {type: integer, description: "Money, 1 to 5: quintile of total_sales."}
  rfm_score: {type: integer, description: "r_score + f_score + m_score, 3 to 15."}
  rfm_bin: {type: integer, description: "Value of the household by rfm_score: 1 below 6, 2 below 9, 3 below 13, 4 below 15, 5 at 15."}
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
chart: {title: "Households by RFM value", x: rfm_bin, y: "count(*)", kind: bar}
checks:
  - unique: [household_key]
  - not_null: [household_key, age_45_plus, income_50k_plus, has_kids, single, couple, alcohol, beverages, concessions, dairy, drug, garden, grain_goods, grocery, home_family, junk_food, kitchen, meat, misc, produce, seasonal, total_sales]
  - accepted_values: {column: r_score, values: [1, 2, 3, 4, 5]}
  - accepted_values: {column: f_score, values: [1, 2, 3, 4, 5]}
  - accepted_values: {column: m_score, values: [1, 2, 3, 4, 5]}
  - accepted_values: {column: rfm_bin, values: [1, 2, 3, 4, 5]}
  - not_null: [r_score, f_score, m_score, rfm_score, rfm_bin]
  - references: {column: household_key, to: core.dim_household.household_key}
  - expression: "rfm_score = r_score + f_score + m_score"
    name: scores_add_up
  - expression: "total_sales > 0 and total_sales = alcohol + beverages + concessions + dairy + drug + garden + grain_goods + grocery + home_family + junk_food + kitchen + meat + misc + produce + seasonal"
    name: sections_add_up_to_the_total
  - not_null: [single_couple_family]
    name: household_size_is_known
    severity: warn
*/
with
    shoppers as (
        select
            household_key,
            max(day_no) as last_day,
            cast(count(distinct basket_id) as double precision)
            / nullif(cast(max(day_no) - min(day_no) + 1 as double precision), 0) as frequency,
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
            sum(total_sales) as total_sales
        from core.fact_basket
        where
            date_key >= 20040701
            and date_key < 20060301
        group by household_key
        having min(day_no) < max(day_no)
    ),

    measured as (
        select
            household_key,
            last_day,
            frequency,
            total_sales,
            row_number() over (order by frequency, household_key) as frequency_row,
            row_number() over (order by total_sales, household_key) as total_row,
            count(*) over () as households
        from shoppers
    ),

    -- A quintile edge with linear interpolation lies at position p = (households - 1) * k / 5 of the sorted values,
    -- counted from 0. Between the two rows around p there is no other value, so "value <= edge" and "value <= the row
    -- at floor(p)" say the same of every household. That row is the first one whose number, counted from 1, is above
    -- p: comparing with it needs neither a division nor rounding.
    edges as (
        select
            min(case when 5 * frequency_row > 1 * (households - 1) then frequency end) as frequency_20,
            min(case when 5 * frequency_row > 2 * (households - 1) then frequency end) as frequency_40,
            min(case when 5 * frequency_row > 3 * (households - 1) then frequency end) as frequency_60,
            min(case when 5 * frequency_row > 4 * (households - 1) then frequency end) as frequency_80,
            min(case when 5 * total_row > 1 * (households - 1) then total_sales end) as total_sales_20,
            min(case when 5 * total_row > 2 * (households - 1) then total_sales end) as total_sales_40,
            min(case when 5 * total_row > 3 * (households - 1) then total_sales end) as total_sales_60,
            min(case when 5 * total_row > 4 * (households - 1) then total_sales end) as total_sales_80
        from measured
    ),

    scored as (
        select
            measured.household_key,
            case
                when measured.last_day <= 525 then 1
                when measured.last_day <= 615 then 2
                when measured.last_day <= 675 then 3
                when measured.last_day <= 700 then 4
                else 5
            end as r_score,
            1
            + case when measured.frequency > edges.frequency_20 then 1 else 0 end
            + case when measured.frequency > edges.frequency_40 then 1 else 0 end
            + case when measured.frequency > edges.frequency_60 then 1 else 0 end
            + case when measured.frequency > edges.frequency_80 then 1 else 0 end as f_score,
            1
            + case when measured.total_sales > edges.total_sales_20 then 1 else 0 end
            + case when measured.total_sales > edges.total_sales_40 then 1 else 0 end
            + case when measured.total_sales > edges.total_sales_60 then 1 else 0 end
            + case when measured.total_sales > edges.total_sales_80 then 1 else 0 end as m_score
        from measured
        cross join edges
    ),

    summed as (
        select
            household_key,
            r_score,
            f_score,
            m_score,
            r_score + f_score + m_score as rfm_score
        from scored
    )

select
    household.household_key,
    coalesce(household.age_rank >= 4, false) as age_45_plus,
    coalesce(household.income_rank >= 5, false) as income_50k_plus,
    coalesce(household.composition in ('1 Adult Kids', '2 Adults Kids'), false)
    or coalesce(household.size_rank >= 3, false) as has_kids,
    coalesce(household.composition in ('Single Female', 'Single Male'), false)
    or coalesce(household.size_rank = 1, false) as single,
    coalesce(household.composition = '2 Adults No Kids', false) as couple,
    case when household.size_rank > 3 then 3 else household.size_rank end as single_couple_family,
    summed.r_score,
    summed.f_score,
    summed.m_score,
    summed.rfm_score,
    case
        when summed.rfm_score < 6 then 1
        when summed.rfm_score < 9 then 2
        when summed.rfm_score < 13 then 3
        when summed.rfm_score < 15 then 4
        else 5
    end as rfm_bin,
    shoppers.alcohol,
    shoppers.beverages,
    shoppers.concessions,
    shoppers.dairy,
    shoppers.drug,
    shoppers.garden,
    shoppers.grain_goods,
    shoppers.grocery,
    shoppers.home_family,
    shoppers.junk_food,
    shoppers.kitchen,
    shoppers.meat,
    shoppers.misc,
    shoppers.produce,
    shoppers.seasonal,
    shoppers.total_sales
from summed
inner join shoppers on shoppers.household_key = summed.household_key
inner join core.dim_household as household on household.household_key = summed.household_key
where household.has_demographics
