/*
description: >-
  What stands of what was recorded of pairs: each life event (bought, worn, walked, cleaned, sold, trashed, given) that
  was not undone, with its corrections in. Of each field the latest edit that changes it counts, by event_id, unless
  that edit was undone itself; manufacturer, brand and collaborator are one field, and so are day and time. A pair's
  entries are in the order of their days; on one day the purchase comes first and the removal last. Everything else of
  the source is made from these; staged.sneaker_events has all events.
grain: one row a life event that stands
incremental: {keys: [sneaker_id]}
columns:
  event_id: {type: bigint, description: "Event, numbered in the order of recording."}
  type: {type: text, description: "What happened: bought, worn, walked, cleaned, sold, trashed or given."}
  sneaker_id: {type: bigint, description: "Pair."}
  number: {type: integer, description: "Its place in the life of its pair, from 1."}
  event_date: {type: date, description: "The collector's day on which it happened, as corrected."}
  event_time: {type: timestamp, description: "From when it counts by itself, in UTC, as corrected."}
  counts_from: {type: timestamp, description: "From when it counts in the history of its pair, in UTC: when all before it do, too."}
  recorded_at: {type: timestamp, description: "When the event was written down, in UTC; corrections are later."}
  name: {type: text, description: "Name of the pair, as corrected; of purchases only."}
  color: {type: text, description: "Colour of the pair, as corrected; of purchases only."}
  material: {type: text, description: "Material of the pair, as corrected; of purchases only."}
  purchase_price: {type: "decimal(10,2)", description: "What the pair cost, as corrected; of purchases only."}
  manufacturer_id: {type: bigint, description: "Brand of the pair, as corrected; of purchases only."}
  brand: {type: text, description: "What the brand was called when that was recorded; of purchases only."}
  collaborator: {type: text, description: "Its collaborator at that time; null where there was none."}
  currency: {type: text, description: "Currency of the pair's prices (ISO 4217), as corrected; of purchases only; null for the collector's usual one."}
  size: {type: text, description: "Size as typed, as corrected; of purchases only; null where not said."}
  note: {type: text, tags: [pii], description: "What the collector noted of the pair, as corrected; of purchases only; null for nothing."}
  photo: {type: text, description: "SHA-256 of the pair's photo in the form app, as corrected; of purchases only; null for none."}
  sale_price: {type: "decimal(10,2)", description: "What the pair was sold for, as corrected; of sales only."}
  recipient: {type: text, tags: [pii], description: "To whom the pair was given, as corrected; null where not said."}
  corrections: {type: integer, description: "Edits of the event that count."}
checks:
  - not_null: [event_id, type, sneaker_id, number, event_date, event_time, counts_from, recorded_at, corrections]
  - accepted_values: {column: type, values: [bought, worn, walked, cleaned, sold, trashed, given]}
*/
with
    undone as (
        select
            event_id,
            target_event_id
        from staged.sneaker_events
        where type = 'undone'
    ),

    edits as (
        select
            edit.event_id,
            edit.target_event_id,
            edit.changed_event_date,
            edit.changed_event_time,
            edit.name,
            edit.color,
            edit.material,
            edit.purchase_price,
            edit.manufacturer_id,
            edit.brand,
            edit.collaborator,
            edit.currency,
            edit.size,
            edit.note,
            edit.photo,
            edit.sale_price,
            edit.recipient,
            -- These can be edited to nothing, so that their being null does not tell.
            position(',collaborator,' in ',' || edit.changed_fields || ',') > 0 as has_collaborator,
            position(',currency,' in ',' || edit.changed_fields || ',') > 0 as has_currency,
            position(',size,' in ',' || edit.changed_fields || ',') > 0 as has_size,
            position(',note,' in ',' || edit.changed_fields || ',') > 0 as has_note,
            position(',photo,' in ',' || edit.changed_fields || ',') > 0 as has_photo,
            position(',recipient,' in ',' || edit.changed_fields || ',') > 0 as has_recipient
        from staged.sneaker_events as edit
        where
            edit.type = 'edited'
            and not exists (select 1 from undone where undone.target_event_id = edit.event_id)
    ),

    -- Old records of another brand leave out what was the same before: then it is what the brand was called at the time.
    partial as (
        select
            event_id,
            manufacturer_id
        from edits
        where
            manufacturer_id is not null
            and (brand is null or not has_collaborator)
    ),

    called as (
        select
            partial.event_id,
            named.brand,
            named.collaborator,
            row_number() over (partition by partial.event_id order by named.event_id desc) as age
        from partial
        inner join staged.sneaker_events as named
            on named.manufacturer_id = partial.manufacturer_id
            and named.event_id < partial.event_id
        where
            named.type in ('brand_added', 'brand_edited')
            and not exists (
                select 1
                from undone
                where
                    undone.target_event_id = named.event_id
                    and undone.event_id < partial.event_id
            )
    ),

    brands as (
        select
            edits.event_id,
            edits.manufacturer_id,
            coalesce(edits.brand, called.brand) as brand,
            case when edits.has_collaborator then edits.collaborator else called.collaborator end as collaborator,
            edits.has_collaborator or called.event_id is not null as has_collaborator
        from edits
        left join called
            on called.event_id = edits.event_id
            and called.age = 1
        where edits.manufacturer_id is not null
    ),

    latest as (
        select
            target_event_id,
            count(*) as corrections,
            max(case when changed_event_time is not null then event_id end) as of_event_time,
            max(case when name is not null then event_id end) as of_name,
            max(case when color is not null then event_id end) as of_color,
            max(case when material is not null then event_id end) as of_material,
            max(case when purchase_price is not null then event_id end) as of_purchase_price,
            max(case when manufacturer_id is not null then event_id end) as of_brand,
            max(case when has_currency then event_id end) as of_currency,
            max(case when has_size then event_id end) as of_size,
            max(case when has_note then event_id end) as of_note,
            max(case when has_photo then event_id end) as of_photo,
            max(case when sale_price is not null then event_id end) as of_sale_price,
            max(case when has_recipient then event_id end) as of_recipient
        from edits
        group by target_event_id
    ),

    corrected as (
        select
            latest.target_event_id,
            max(latest.corrections) as corrections,
            max(case when edits.event_id = latest.of_event_time then edits.changed_event_date end) as event_date,
            max(case when edits.event_id = latest.of_event_time then edits.changed_event_time end) as event_time,
            max(case when edits.event_id = latest.of_name then edits.name end) as name,
            max(case when edits.event_id = latest.of_color then edits.color end) as color,
            max(case when edits.event_id = latest.of_material then edits.material end) as material,
            max(case when edits.event_id = latest.of_purchase_price then edits.purchase_price end) as purchase_price,
            max(latest.of_brand) as of_brand,
            max(latest.of_currency) as of_currency,
            max(case when edits.event_id = latest.of_currency then edits.currency end) as currency,
            max(latest.of_size) as of_size,
            max(case when edits.event_id = latest.of_size then edits.size end) as size,
            max(latest.of_note) as of_note,
            max(case when edits.event_id = latest.of_note then edits.note end) as note,
            max(latest.of_photo) as of_photo,
            max(case when edits.event_id = latest.of_photo then edits.photo end) as photo,
            max(case when edits.event_id = latest.of_sale_price then edits.sale_price end) as sale_price,
            max(latest.of_recipient) as of_recipient,
            max(case when edits.event_id = latest.of_recipient then edits.recipient end) as recipient
        from latest
        inner join edits on edits.target_event_id = latest.target_event_id
        group by latest.target_event_id
    ),

    entries as (
        select
            event.event_id,
            event.type,
            event.sneaker_id,
            coalesce(corrected.event_date, event.event_date) as event_date,
            coalesce(corrected.event_time, event.event_time) as event_time,
            event.recorded_at,
            coalesce(corrected.name, event.name) as name,
            coalesce(corrected.color, event.color) as color,
            coalesce(corrected.material, event.material) as material,
            coalesce(corrected.purchase_price, event.purchase_price) as purchase_price,
            coalesce(brands.manufacturer_id, event.manufacturer_id) as manufacturer_id,
            coalesce(brands.brand, event.brand) as brand,
            case when brands.has_collaborator then brands.collaborator else event.collaborator end as collaborator,
            case when corrected.of_currency is null then event.currency else corrected.currency end as currency,
            case when corrected.of_size is null then event.size else corrected.size end as size,
            case when corrected.of_note is null then event.note else corrected.note end as note,
            case when corrected.of_photo is null then event.photo else corrected.photo end as photo,
            case when event.type = 'sold' then coalesce(corrected.sale_price, event.sale_price) end as sale_price,
            case
                when event.type <> 'given' then null
                when corrected.of_recipient is null then event.recipient
                else corrected.recipient
            end as recipient,
            cast(coalesce(corrected.corrections, 0) as integer) as corrections,
            case event.type when 'bought' then 0 when 'worn' then 1 when 'walked' then 1 when 'cleaned' then 1 else 2 end
                as place
        from staged.sneaker_events as event
        left join corrected on corrected.target_event_id = event.event_id
        left join brands on brands.event_id = corrected.of_brand
        where
            event.type in ('bought', 'worn', 'walked', 'cleaned', 'sold', 'trashed', 'given')
            and not exists (select 1 from undone where undone.target_event_id = event.event_id)
    )

select
    event_id,
    type,
    sneaker_id,
    cast(count(*) over past as integer) as number,
    event_date,
    event_time,
    max(event_time) over past as counts_from,
    recorded_at,
    name,
    color,
    material,
    purchase_price,
    manufacturer_id,
    brand,
    collaborator,
    currency,
    size,
    note,
    photo,
    sale_price,
    recipient,
    corrections
from entries
window past as (
    partition by sneaker_id
    order by event_date, place, event_time, event_id
    rows between unbounded preceding and current row
)
