/*
description: >-
  What each brand means to the collector: pairs bought and still owned, how much they were used, what they cost. A
  brand together with a collaborator is one of its own, and is called what it is called today. Money is never added
  across currencies: a brand has a row for each in which its pairs were bought.
grain: one row a brand of which a pair was bought, and currency
incremental: {keys: [manufacturer_id]}
columns:
  manufacturer_id: {type: bigint, description: "Brand."}
  brand: {type: text, description: "Name of the brand."}
  collaborator: {type: text, description: "With whom the brand made the pairs; null where with nobody."}
  currency: {type: text, description: "Currency of the pairs' prices (ISO 4217); own for the collector's usual one."}
  pairs_bought: {type: integer, description: "Pairs ever bought."}
  pairs_owned: {type: integer, description: "Pairs in the collection."}
  wears: {type: integer, description: "Times that its pairs were worn."}
  walks: {type: integer, description: "Times that its pairs were walked in."}
  cleans: {type: integer, description: "Times that its pairs were cleaned."}
  bought: {type: "decimal(14,2)", description: "Paid for its pairs."}
  sold: {type: "decimal(14,2)", description: "Received for its pairs that were sold."}
  net: {type: "decimal(14,2)", description: "bought - sold."}
  cost_per_wear: {type: "decimal(12,2)", description: "net / wears; null where never worn."}
chart: {title: "Pairs bought by brand", x: brand, y: "sum(pairs_bought)", kind: bar}
checks:
  - unique: [manufacturer_id, currency]
  - not_null: [manufacturer_id, brand, currency, pairs_bought, pairs_owned, wears, walks, cleans, bought, sold, net]
  - expression: "pairs_owned >= 0 and pairs_owned <= pairs_bought and net = bought - sold"
    name: numbers_add_up
*/
with
    brands as (
        select
            manufacturer_id,
            brand,
            collaborator,
            coalesce(currency, 'own') as currency,
            count(*) as pairs_bought,
            count(case when is_owned then 1 end) as pairs_owned,
            cast(sum(count_wears) as integer) as wears,
            cast(sum(count_walks) as integer) as walks,
            cast(sum(count_cleans) as integer) as cleans,
            sum(purchase_price) as bought,
            coalesce(sum(sale_price), 0) as sold
        from core.dim_sneaker_current
        where manufacturer_id is not null
        group by manufacturer_id, brand, collaborator, coalesce(currency, 'own')
    )

select
    manufacturer_id,
    brand,
    collaborator,
    currency,
    cast(pairs_bought as integer) as pairs_bought,
    cast(pairs_owned as integer) as pairs_owned,
    wears,
    walks,
    cleans,
    bought,
    sold,
    bought - sold as net,
    cast(cast(bought - sold as double precision) / nullif(wears, 0) as decimal(12, 2)) as cost_per_wear
from brands
