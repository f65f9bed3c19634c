/*
description: >-
  Each household's first ten products by each of several plain metrics: in how many of its baskets they were, what it spent
  on them, how many pieces it bought, which it bought last, and which of the most popular ones it never bought. They are
  what gold.product_recommendations is measured against, and answers of their own. Purchases count as in core.fact_basket.
grain: one row a household, metric and rank
refresh: daily
columns:
  household_key: {type: integer, description: "Household (loyalty card) number."}
  metric: {type: text, description: "baskets, sales_value, quantity, last_bought or popular_new."}
  rank: {type: integer, description: "Place by the metric's value, then by product_id; 1 is the first."}
  product_id: {type: integer, description: "Product."}
  value: {type: "decimal(14,2)", description: "Baskets, dollars or pieces; of last_bought the day number of the source; of popular_new the households that bought it."}
checks:
  - unique: [household_key, metric, rank]
  - unique: [household_key, metric, product_id]
  - not_null: [household_key, metric, rank, product_id, value]
  - accepted_values: {column: metric, values: [baskets, sales_value, quantity, last_bought, popular_new]}
  - expression: "rank between 1 and 10 and value > 0"
    name: ten_places_a_metric
  - references: {column: product_id, to: core.dim_product.product_id}
*/
with
    bought as (
        select
            sale.household_key,
            sale.product_id,
            count(distinct sale.basket_id) as baskets,
            sum(sale.sales_value) as sales_value,
            cast(sum(sale.quantity) as bigint) as quantity,
            max(sale.day_no) as last_bought
        from core.fact_sale as sale
        inner join core.dim_product as product on product.product_id = sale.product_id
        where
            sale.quantity > 0
            and sale.sales_value > 0
            and product.is_listed
            and not product.is_gasoline
        group by sale.household_key, sale.product_id
    ),

    popularity as (
        select
            product_id,
            count(*) as households,
            row_number() over (order by count(*) desc, product_id) as place
        from bought
        group by product_id
    ),

    households as (
        select
            household_key,
            count(*) as products
        from bought
        group by household_key
    ),

    -- Among so many of the most popular products, ten at least are new to the household, where there are as many.
    unseen as (
        select
            households.household_key,
            popularity.product_id,
            popularity.households
        from households
        inner join popularity on popularity.place <= households.products + 10
        left join bought
            on bought.household_key = households.household_key
            and bought.product_id = popularity.product_id
        where bought.product_id is null
    ),

    measured as (
        select household_key, 'baskets' as metric, product_id, cast(baskets as decimal(14, 2)) as value
        from bought
        union all
        select household_key, 'sales_value' as metric, product_id, cast(sales_value as decimal(14, 2)) as value
        from bought
        union all
        select household_key, 'quantity' as metric, product_id, cast(quantity as decimal(14, 2)) as value
        from bought
        union all
        select household_key, 'last_bought' as metric, product_id, cast(last_bought as decimal(14, 2)) as value
        from bought
        union all
        select household_key, 'popular_new' as metric, product_id, cast(households as decimal(14, 2)) as value
        from unseen
    ),

    ranked as (
        select
            household_key,
            metric,
            product_id,
            value,
            row_number() over (
                partition by household_key, metric
                order by value desc, product_id
            ) as rank
        from measured
    )

select
    household_key,
    metric,
    cast(rank as integer) as rank,
    product_id,
    value
from ranked
where rank <= 10
