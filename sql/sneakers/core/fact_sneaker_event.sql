/*
description: >-
  What happened to pairs, as it stands: undone events are not here, and edited ones read as corrected. What was recorded,
  corrections included, is in staged.sneaker_events.
grain: one row a life event that stands
incremental: {keys: [sneaker_id]}
columns:
  event_id: {type: bigint, description: "Event, numbered in the order of recording."}
  sneaker_id: {type: bigint, description: "Pair."}
  sneaker_key: {type: text, description: "The pair as the event left it: a row of core.dim_sneaker."}
  event_type: {type: text, description: "What happened: bought, worn, walked, cleaned, sold, trashed or given."}
  date_key: {type: integer, description: "Day of the event as yyyymmdd."}
  event_date: {type: date, description: "The collector's day on which it happened."}
  event_time: {type: timestamp, description: "From when it counts, in UTC: noon of its day, or when it was written down where that was earlier."}
  recorded_at: {type: timestamp, description: "When it was written down, in UTC."}
  purchase_price: {type: "decimal(10,2)", description: "Paid for the pair; of purchases only."}
  sale_price: {type: "decimal(10,2)", description: "Received for the pair; of sales only."}
  currency: {type: text, description: "Currency of the pair's prices (ISO 4217); null for the collector's usual one."}
  number_of_type: {type: integer, description: "How many events of the type the pair has had by then: 3 is the third wear."}
  days_since_purchase: {type: integer, description: "Days from the purchase to the event; null where no purchase stands."}
  is_corrected: {type: boolean, description: "Whether an edit of it counts."}
chart: {title: "Entries by what happened", x: event_type, y: "count(*)", kind: bar}
checks:
  - unique: [event_id]
  - unique: [sneaker_id, event_type, number_of_type]
  - not_null: [event_id, sneaker_id, sneaker_key, event_type, date_key, event_date, event_time, recorded_at, number_of_type, is_corrected]
  - accepted_values: {column: event_type, values: [bought, worn, walked, cleaned, sold, trashed, given]}
  - expression: "(purchase_price is not null) = (event_type = 'bought') and (sale_price is not null) = (event_type = 'sold')"
    name: prices_are_of_purchases_and_sales
  - expression: "days_since_purchase >= 0"
    name: nothing_happens_before_the_purchase
    severity: warn
  - references: {column: sneaker_key, to: core.dim_sneaker.sneaker_key}
    severity: warn
  # Pairs can be older than the calendar.
  - references: {column: date_key, to: core.dim_date.date_key}
    severity: warn
*/
with
    entries as (
        select
            event_id,
            type,
            sneaker_id,
            number,
            event_date,
            event_time,
            counts_from,
            recorded_at,
            purchase_price,
            sale_price,
            corrections,
            max(number) over (partition by sneaker_id, counts_from) as last_number,
            row_number() over (partition by sneaker_id, type order by number) as number_of_type
        from staged.sneaker_entries
    ),

    -- The last entry of each instant, which names the period of core.dim_sneaker.
    keys as (
        select
            sneaker_id,
            counts_from,
            event_id
        from entries
        where number = last_number
    ),

    purchases as (
        select
            sneaker_id,
            event_date,
            currency,
            row_number() over (partition by sneaker_id order by event_id) as purchase
        from staged.sneaker_entries
        where type = 'bought'
    )

select
    entry.event_id,
    entry.sneaker_id,
    cast(entry.sneaker_id as text) || '@' || cast(keys.event_id as text) as sneaker_key,
    entry.type as event_type,
    cast(extract(year from entry.event_date) as integer) * 10000
    + cast(extract(month from entry.event_date) as integer) * 100
    + cast(extract(day from entry.event_date) as integer) as date_key,
    entry.event_date,
    entry.event_time,
    entry.recorded_at,
    case when entry.type = 'bought' then entry.purchase_price end as purchase_price,
    case when entry.type = 'sold' then entry.sale_price end as sale_price,
    purchase.currency,
    cast(entry.number_of_type as integer) as number_of_type,
    cast(
        (
            cast(extract(epoch from entry.event_date) as bigint)
            - cast(extract(epoch from purchase.event_date) as bigint)
        )
        / cast(86400 as bigint) as integer
    ) as days_since_purchase,
    entry.corrections > 0 as is_corrected
from entries as entry
inner join keys
    on keys.sneaker_id = entry.sneaker_id
    and keys.counts_from = entry.counts_from
left join purchases as purchase
    on purchase.sneaker_id = entry.sneaker_id
    and purchase.purchase = 1
