/*
description: >-
  Where a promoted product stood in a store and in the weekly mailer. A view: the promotions are by far the largest
  table, and decoding two letters does not earn a second copy of it.
grain: one row a product, store and week
kind: view
columns:
  product_id: {type: integer, description: "Product promoted."}
  store_id: {type: integer, description: "Store that promoted it."}
  week_no: {type: integer, description: "Week as the source counts weeks."}
  week_start: {type: date, description: "First day of the week."}
  display: {type: text, description: "Source code of the place in the store."}
  display_location: {type: text, description: "Place in the store; null for a code that the source does not explain."}
  mailer: {type: text, description: "Source code of the place in the weekly mailer."}
  mailer_placement: {type: text, description: "Place in the weekly mailer; null for a code that the source does not explain."}
checks:
  - not_null: [product_id, store_id, week_no, week_start]
  - accepted_values: {column: display, values: ["0", "1", "2", "3", "4", "5", "6", "7", "9", A]}
    severity: warn
  - accepted_values: {column: mailer, values: ["0", A, C, D, F, H, J, L, P, X, Z]}
    severity: warn
*/
select
    product_id,
    store_id,
    week_no,
    week_start,
    display,
    case display
        when '0' then 'not on display'
        when '1' then 'store front'
        when '2' then 'store rear'
        when '3' then 'front end cap'
        when '4' then 'mid-aisle end cap'
        when '5' then 'rear end cap'
        when '6' then 'side-aisle end cap'
        when '7' then 'in-aisle'
        when '9' then 'secondary location display'
        when 'A' then 'in-shelf'
    end as display_location,
    mailer,
    case mailer
        when '0' then 'not in the mailer'
        when 'A' then 'interior page feature'
        when 'C' then 'interior page line item'
        when 'D' then 'front page feature'
        when 'F' then 'back page feature'
        when 'H' then 'wrap front feature'
        when 'J' then 'wrap interior coupon'
        when 'L' then 'wrap back feature'
        when 'P' then 'interior page coupon'
        when 'X' then 'free on interior page'
        when 'Z' then 'free on front page, back page or wrap'
    end as mailer_placement
from staged.retail_promotions
