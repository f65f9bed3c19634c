/*
description: >-
  What came and went on each day with an entry, in pairs and money: what gold.sneakers_owned_by_month and
  gold.sneaker_spend_by_month sum up. Money is never added across currencies: each has its own rows. Of pairs that left
  before they came none counts as owned.
grain: one row a day with an entry, and currency
incremental: {keys: [date]}
columns:
  date: {type: date, description: "The collector's day."}
  currency: {type: text, description: "Currency (ISO 4217); own for the collector's usual one."}
  pairs_bought: {type: integer, description: "Pairs bought."}
  pairs_sold: {type: integer, description: "Pairs sold."}
  pairs_given: {type: integer, description: "Pairs given away."}
  pairs_trashed: {type: integer, description: "Pairs thrown away."}
  pairs_gained: {type: integer, description: "By how many the pairs owned became more; negative where they became fewer."}
  bought: {type: "decimal(14,2)", description: "Paid for pairs."}
  sold: {type: "decimal(14,2)", description: "Received for pairs."}
  value_gained: {type: "decimal(14,2)", description: "By how much more the pairs owned had cost; negative where less."}
  recorded_at: {type: timestamp, description: "When the last of the day's entries was written down, in UTC."}
checks:
  - unique: [date, currency]
  - not_null: [date, currency, pairs_bought, pairs_sold, pairs_given, pairs_trashed, pairs_gained, bought, sold, value_gained, recorded_at]
  - expression: "pairs_bought >= 0 and pairs_sold >= 0 and pairs_given >= 0 and pairs_trashed >= 0 and bought >= 0 and sold >= 0"
    name: nothing_is_negative
*/
with
    owned as (
        select
            currency,
            bought_on,
            left_on,
            value
        from core.fact_sneaker_life
        where
            bought_on is not null
            and (left_on is null or left_on >= bought_on)
    ),

    moves as (
        select
            event_date as date,
            coalesce(currency, 'own') as currency,
            event_type,
            coalesce(purchase_price, 0) as bought,
            coalesce(sale_price, 0) as sold,
            0 as pairs,
            0 as value,
            recorded_at
        from core.fact_sneaker_event
        union all
        select
            bought_on as date,
            currency,
            'gained' as event_type,
            0 as bought,
            0 as sold,
            1 as pairs,
            value,
            cast(null as timestamp) as recorded_at
        from owned
        union all
        select
            left_on as date,
            currency,
            'lost' as event_type,
            0 as bought,
            0 as sold,
            -1 as pairs,
            -value as value,
            cast(null as timestamp) as recorded_at
        from owned
        where left_on is not null
    )

select
    date,
    currency,
    cast(count(case when event_type = 'bought' then 1 end) as integer) as pairs_bought,
    cast(count(case when event_type = 'sold' then 1 end) as integer) as pairs_sold,
    cast(count(case when event_type = 'given' then 1 end) as integer) as pairs_given,
    cast(count(case when event_type = 'trashed' then 1 end) as integer) as pairs_trashed,
    cast(sum(pairs) as integer) as pairs_gained,
    sum(bought) as bought,
    sum(sold) as sold,
    sum(value) as value_gained,
    max(recorded_at) as recorded_at
from moves
group by date, currency
