/*
description: >-
  The life of each pair: when it was bought, when and how it left, how long it was kept, and what a wear of it cost. Of
  a pair that is still owned it is kept up to the day on which something was last recorded, of whichever pair.
grain: one row a pair
incremental: {keys: [sneaker_id]}
columns:
  sneaker_id: {type: bigint, description: "Pair."}
  name: {type: text, description: "Name of the pair."}
  brand: {type: text, description: "Name of the brand."}
  collaborator: {type: text, description: "With whom the brand made the pair; null where with nobody."}
  color: {type: text, description: "Colour, as typed."}
  material: {type: text, description: "Material, as typed."}
  purchased_on: {type: date, description: "Day of the purchase."}
  purchase_price: {type: "decimal(10,2)", description: "What it cost."}
  currency: {type: text, description: "Currency of its prices (ISO 4217); own for the collector's usual one."}
  size: {type: text, description: "Size, as typed; null where not said."}
  is_owned: {type: boolean, description: "Whether it is in the collection."}
  left_how: {type: text, description: "sold, trashed or given; null while it is owned."}
  left_on: {type: date, description: "Day on which it left; null while it is owned."}
  sold_on: {type: date, description: "Day on which it was sold; null unless it was."}
  sale_price: {type: "decimal(10,2)", description: "What it was sold for; null unless it was."}
  days_kept: {type: integer, description: "Days from the purchase to the day on which it left, or to the last day on which anything was recorded."}
  wears: {type: integer, description: "Times it was worn."}
  walks: {type: integer, description: "Times it was walked in."}
  cleans: {type: integer, description: "Times it was cleaned."}
  last_worn_on: {type: date, description: "Day on which it was last worn; null where never."}
  net_cost: {type: "decimal(10,2)", description: "purchase_price, less sale_price where it was sold; negative where it brought a gain."}
  cost_per_wear: {type: "decimal(12,2)", description: "net_cost / wears; null where never worn."}
chart: {title: "Pairs by year of purchase", x: "extract(year from purchased_on)", y: "count(*)", kind: bar}
checks:
  - unique: [sneaker_id]
  - not_null: [sneaker_id, name, brand, purchased_on, purchase_price, currency, is_owned, days_kept, wears, walks, cleans, net_cost]
  - accepted_values: {column: left_how, values: [sold, trashed, given]}
  - expression: "is_owned = (left_how is null) and (left_how is null) = (left_on is null)"
    name: what_is_not_owned_has_left
  - expression: "days_kept >= 0"
    name: pairs_are_kept_forward
    severity: warn
*/
with
    pairs as (
        select
            pair.sneaker_id,
            pair.name,
            pair.brand,
            pair.collaborator,
            pair.color,
            pair.material,
            pair.purchased_on,
            pair.purchase_price,
            coalesce(pair.currency, 'own') as currency,
            pair.size,
            pair.is_owned,
            case
                when pair.sold_at is not null then 'sold'
                when pair.trashed_at is not null then 'trashed'
                when pair.given_at is not null then 'given'
            end as left_how,
            pair.left_on,
            case when pair.sold_at is not null then pair.left_on end as sold_on,
            pair.sale_price,
            recorded.last_on,
            pair.count_wears,
            pair.count_walks,
            pair.count_cleans,
            pair.last_worn_on,
            pair.purchase_price - coalesce(pair.sale_price, 0) as net_cost
        from core.dim_sneaker_current as pair
        cross join gold.sneakers_recorded as recorded
        where pair.purchased_on is not null
    )

select
    sneaker_id,
    name,
    brand,
    collaborator,
    color,
    material,
    purchased_on,
    purchase_price,
    currency,
    size,
    is_owned,
    left_how,
    left_on,
    sold_on,
    sale_price,
    cast(
        (
            cast(extract(epoch from coalesce(left_on, last_on)) as bigint)
            - cast(extract(epoch from purchased_on) as bigint)
        )
        / cast(86400 as bigint) as integer
    ) as days_kept,
    count_wears as wears,
    count_walks as walks,
    count_cleans as cleans,
    last_worn_on,
    net_cost,
    cast(cast(net_cost as double precision) / nullif(count_wears, 0) as decimal(12, 2)) as cost_per_wear
from pairs
