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
            sum(cast(sale.sales_value * 100 as integer)) as cents,
            sum(sale.quantity) as quantity,
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

    -- How many of the more popular products a household never bought, by each that it did.
    gaps as (
        select
            bought.household_key,
            popularity.place
            - row_number() over (partition by bought.household_key order by popularity.place) as unseen_before
        from bought
        inner join popularity on popularity.product_id = bought.product_id
    ),

    -- Up to this place ten are unseen: those bought with fewer than ten before them, and ten more.
    households as (
        select
            household_key,
            count(case when unseen_before < 10 then 1 end) + 10 as last_place
        from gaps
        group by household_key
    ),

    furthest as (
        select max(last_place) as place
        from households
    ),

    popular as (
        select
            popularity.product_id,
            popularity.households,
            popularity.place
        from popularity
        inner join furthest on popularity.place <= furthest.place
    ),

    unseen as (
        select
            households.household_key,
            popular.product_id,
            popular.households
        from households
        inner join popular on popular.place <= households.last_place
        left join bought
            on bought.household_key = households.household_key
            and bought.product_id = popular.product_id
        where bought.product_id is null
    ),

    -- Metrics by number, and values in hundredths: integers are the fastest to sort.
    measured as (
        select household_key, 1 as metric_no, product_id, cast(baskets * 100 as bigint) as hundredths
        from bought
        union all
        select household_key, 2 as metric_no, product_id, cast(cents as bigint) as hundredths
        from bought
        union all
        select household_key, 3 as metric_no, product_id, cast(quantity * 100 as bigint) as hundredths
        from bought
        union all
        select household_key, 4 as metric_no, product_id, cast(last_bought * 100 as bigint) as hundredths
        from bought
        union all
        select household_key, 5 as metric_no, product_id, cast(households * 100 as bigint) as hundredths
        from unseen
    ),

    ranked as (
        select
            household_key,
            metric_no,
            product_id,
            hundredths,
            row_number() over (
                partition by household_key, metric_no
                order by hundredths desc, product_id
            ) as rank
        from measured
    )

select
    household_key,
    case metric_no
        when 1 then 'baskets'
        when 2 then 'sales_value'
        when 3 then 'quantity'
        when 4 then 'last_bought'
        else 'popular_new'
    end as metric,
    cast(rank as integer) as rank,
    product_id,
    cast(hundredths as decimal(14,2)) * 0.01 as value
from ranked
where rank <= 10
