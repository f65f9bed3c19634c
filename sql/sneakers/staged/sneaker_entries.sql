/*
description: >-
  What stands of what was recorded of pairs: each life event (bought, worn, walked, cleaned, sold, trashed, given) that
  was not undone, with its corrections in. Of each field the latest edit that changes it counts, by event_id, unless
  that edit was undone itself. Everything else of the domain is made from these; staged.sneaker_events has all events.
grain: one row a life event that stands
kind: view
columns:
  event_id: {type: bigint, description: "Event, numbered in the order of recording."}
  type: {type: text, description: "What happened: bought, worn, walked, cleaned, sold, trashed or given."}
  sneaker_id: {type: bigint, description: "Pair."}
  event_time: {type: timestamp, description: "When it happened, in UTC, as corrected."}
  recorded_at: {type: timestamp, description: "When the event was written down, in UTC; corrections are later."}
  name: {type: text, description: "Name of the pair, as corrected; of purchases only."}
  color: {type: text, description: "Colour of the pair, as corrected; of purchases only."}
  material: {type: text, description: "Material of the pair, as corrected; of purchases only."}
  purchase_price: {type: "decimal(10,2)", description: "What the pair cost, as corrected; of purchases only."}
  manufacturer_id: {type: bigint, description: "Brand of the pair, as corrected; of purchases only."}
  brand: {type: text, description: "What the brand was called when that was recorded; of purchases only."}
  collaborator: {type: text, description: "Its collaborator at that time; null where there was none."}
  sale_price: {type: "decimal(10,2)", description: "What the pair was sold for, as corrected; of sales only."}
  recipient: {type: text, tags: [pii], description: "To whom the pair was given, as corrected; null where not said."}
  corrections: {type: integer, description: "Edits of the event that count."}
checks:
  - not_null: [event_id, type, sneaker_id, event_time, recorded_at, corrections]
  - accepted_values: {column: type, values: [bought, worn, walked, cleaned, sold, trashed, given]}
*/
with
    undone as (
        select target_event_id
        from staged.sneaker_events
        where type = 'undone'
    ),

    edits as (
        select
            edit.event_id,
            edit.target_event_id,
            edit.changed_event_time,
            edit.name,
            edit.color,
            edit.material,
            edit.purchase_price,
            edit.manufacturer_id,
            edit.brand,
            edit.collaborator,
            edit.sale_price,
            edit.recipient,
            -- These two can be edited to nothing, so that their being null does not tell.
            position(',collaborator,' in ',' || edit.changed_fields || ',') > 0 as has_collaborator,
            position(',recipient,' in ',' || edit.changed_fields || ',') > 0 as has_recipient
        from staged.sneaker_events as edit
        where
            edit.type = 'edited'
            and not exists (select 1 from undone where undone.target_event_id = edit.event_id)
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
            max(case when manufacturer_id is not null then event_id end) as of_manufacturer_id,
            max(case when brand is not null then event_id end) as of_brand,
            max(case when has_collaborator then event_id end) as of_collaborator,
            max(case when sale_price is not null then event_id end) as of_sale_price,
            max(case when has_recipient then event_id end) as of_recipient
        from edits
        group by target_event_id
    ),

    corrected as (
        select
            latest.target_event_id,
            max(latest.corrections) as corrections,
            max(case when edits.event_id = latest.of_event_time then edits.changed_event_time end) as event_time,
            max(case when edits.event_id = latest.of_name then edits.name end) as name,
            max(case when edits.event_id = latest.of_color then edits.color end) as color,
            max(case when edits.event_id = latest.of_material then edits.material end) as material,
            max(case when edits.event_id = latest.of_purchase_price then edits.purchase_price end) as purchase_price,
            max(case when edits.event_id = latest.of_manufacturer_id then edits.manufacturer_id end) as manufacturer_id,
            max(case when edits.event_id = latest.of_brand then edits.brand end) as brand,
            max(latest.of_collaborator) as of_collaborator,
            max(case when edits.event_id = latest.of_collaborator then edits.collaborator end) as collaborator,
            max(case when edits.event_id = latest.of_sale_price then edits.sale_price end) as sale_price,
            max(latest.of_recipient) as of_recipient,
            max(case when edits.event_id = latest.of_recipient then edits.recipient end) as recipient
        from latest
        inner join edits on edits.target_event_id = latest.target_event_id
        group by latest.target_event_id
    )

select
    event.event_id,
    event.type,
    event.sneaker_id,
    coalesce(corrected.event_time, event.event_time) as event_time,
    event.recorded_at,
    coalesce(corrected.name, event.name) as name,
    coalesce(corrected.color, event.color) as color,
    coalesce(corrected.material, event.material) as material,
    coalesce(corrected.purchase_price, event.purchase_price) as purchase_price,
    coalesce(corrected.manufacturer_id, event.manufacturer_id) as manufacturer_id,
    coalesce(corrected.brand, event.brand) as brand,
    case when corrected.of_collaborator is null then event.collaborator else corrected.collaborator end as collaborator,
    case when event.type = 'sold' then coalesce(corrected.sale_price, event.sale_price) end as sale_price,
    case
        when event.type <> 'given' then null
        when corrected.of_recipient is null then event.recipient
        else corrected.recipient
    end as recipient,
    cast(coalesce(corrected.corrections, 0) as integer) as corrections
from staged.sneaker_events as event
left join corrected on corrected.target_event_id = event.event_id
where
    event.type in ('bought', 'worn', 'walked', 'cleaned', 'sold', 'trashed', 'given')
    and not exists (select 1 from undone where undone.target_event_id = event.event_id)
