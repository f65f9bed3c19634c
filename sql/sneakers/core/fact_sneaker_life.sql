/*
description: >-
  How long each pair was in the collection, by what stands in core.fact_sneaker_event, and what it had cost. What left
  before it came is here as it was told; gold.sneaker_days does not count it as owned.
grain: one row a pair (and currency, of which a pair has one)
incremental: {keys: [sneaker_id]}
columns:
  sneaker_id: {type: bigint, description: "Pair."}
  currency: {type: text, description: "Currency of its prices (ISO 4217); own for the collector's usual one."}
  bought_on: {type: date, description: "Day of the first purchase; null where none stands."}
  left_on: {type: date, description: "Day on which it was first sold, given away or thrown away; null while it was not."}
  value: {type: "decimal(14,2)", description: "What was paid for it."}
checks:
  - unique: [sneaker_id, currency]
  - not_null: [sneaker_id, currency, value]
*/
select
    sneaker_id,
    coalesce(currency, 'own') as currency,
    min(case when event_type = 'bought' then event_date end) as bought_on,
    min(case when event_type in ('sold', 'given', 'trashed') then event_date end) as left_on,
    coalesce(sum(purchase_price), 0) as value
from core.fact_sneaker_event
group by sneaker_id, coalesce(currency, 'own')
