/*
description: >-
  Every household that shops or answered the demographic survey. What the survey did not ask or answer is null; ranks
  put the bands in order.
grain: one row a household
columns:
  household_key: {type: integer, description: "Household (loyalty card) number."}
  has_demographics: {type: boolean, description: "Whether the household is in the demographic survey."}
  age_band: {type: text, description: "Age of the head of the household in years, such as 25-34 or 65+."}
  age_rank: {type: integer, description: "Order of age_band: 1 (19-24) to 6 (65+)."}
  marital_status: {type: text, description: "married, single or unknown; a code that the source does not explain stays as it is."}
  income_band: {type: text, description: "Yearly income in thousands of dollars, such as 50-74K."}
  income_rank: {type: integer, description: "Order of income_band: 1 (Under 15K) to 12 (250K+)."}
  home_ownership: {type: text, description: "Homeowner, Renter, Probable Owner, Probable Renter or Unknown."}
  composition: {type: text, description: "Who lives there, such as 2 Adults Kids or Single Female."}
  household_size: {type: text, description: "Persons in the household: 1 to 4, or 5+."}
  size_rank: {type: integer, description: "household_size as a number; 5 stands for five or more."}
  kid_category: {type: text, description: "Children in the household: None/Unknown, 1, 2 or 3+."}
checks:
  - unique: [household_key]
  - not_null: [household_key, has_demographics]
  - expression: "(age_band is null) = (age_rank is null)"
    name: every_age_band_has_a_rank
    severity: warn
  - expression: "(income_band is null) = (income_rank is null)"
    name: every_income_band_has_a_rank
    severity: warn
  - expression: "(household_size is null) = (size_rank is null)"
    name: every_household_size_has_a_rank
    severity: warn
  - accepted_values: {column: marital_status, values: [married, single, unknown]}
    severity: warn
*/
with
    known as (
        select household_key from staged.retail_transactions group by household_key
        union
        select household_key from staged.retail_households
    ),

    surveyed as (
        select
            household_key,
            nullif(trim(age_desc), '') as age_band,
            nullif(trim(marital_status_code), '') as marital_status_code,
            nullif(trim(income_desc), '') as income_band,
            nullif(trim(homeowner_desc), '') as home_ownership,
            nullif(trim(hh_comp_desc), '') as composition,
            nullif(trim(household_size_desc), '') as household_size,
            nullif(trim(kid_category_desc), '') as kid_category
        from staged.retail_households
    )

select
    known.household_key,
    surveyed.household_key is not null as has_demographics,
    surveyed.age_band,
    case surveyed.age_band
        when '19-24' then 1
        when '25-34' then 2
        when '35-44' then 3
        when '45-54' then 4
        when '55-64' then 5
        when '65+' then 6
    end as age_rank,
    case surveyed.marital_status_code
        when 'A' then 'married'
        when 'B' then 'single'
        when 'U' then 'unknown'
        else surveyed.marital_status_code
    end as marital_status,
    surveyed.income_band,
    case surveyed.income_band
        when 'Under 15K' then 1
        when '15-24K' then 2
        when '25-34K' then 3
        when '35-49K' then 4
        when '50-74K' then 5
        when '75-99K' then 6
        when '100-124K' then 7
        when '125-149K' then 8
        when '150-174K' then 9
        when '175-199K' then 10
        when '200-249K' then 11
        when '250K+' then 12
    end as income_rank,
    surveyed.home_ownership,
    surveyed.composition,
    surveyed.household_size,
    case surveyed.household_size
        when '1' then 1
        when '2' then 2
        when '3' then 3
        when '4' then 4
        when '5+' then 5
    end as size_rank,
    surveyed.kid_category
from known
left join surveyed on surveyed.household_key = known.household_key
