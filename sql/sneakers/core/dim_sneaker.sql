/*
description: >-
  Each pair as it was at any time (SCD type 2), from the recorded events alone. Recomputed from staged.sneaker_entries,
  so that back-dated, late, edited and undone entries rebuild the history, and the order of arrival decides nothing.
  Entries have the precision of a day; they count from noon UTC of it, or from when they were written down where that was
  earlier, and never before the entries of earlier days. Entries that count from one instant are one change. Counts and
  ownership are those of the time; name, colour, material, brand, purchase price and the like are what is known of the pair
  today, on all of its rows, since a correction says that it was always so. A row holds from valid_from (included) to
  valid_to (excluded), so that "valid_from <= t and (valid_to > t or valid_to is null)" finds the one row of any
  instant t since the pair's first entry.
grain: one row a pair and period between its entries
incremental: {keys: [sneaker_id]}
columns:
  sneaker_key: {type: text, description: "Row: sneaker_id, @, and the id of the last event of the instant that opened the period; other rows keep theirs when entries are added."}
  sneaker_id: {type: bigint, description: "Pair."}
  last_event_id: {type: bigint, description: "Last event that counts in the row: the one that opened the period."}
  name: {type: text, description: "Name of the pair."}
  manufacturer_id: {type: bigint, description: "Brand."}
  brand: {type: text, description: "Name of the brand, as it is called today."}
  collaborator: {type: text, description: "With whom the brand made the pair; null where with nobody."}
  color: {type: text, description: "Colour, as typed."}
  material: {type: text, description: "Material, as typed."}
  purchased_on: {type: date, description: "Day of the purchase."}
  purchase_price: {type: "decimal(10,2)", description: "What it cost."}
  currency: {type: text, description: "Currency of its prices (ISO 4217); null for the collector's usual one."}
  size: {type: text, description: "Size, as typed; null where not said."}
  note: {type: text, description: "What the collector noted of it; null for nothing."}
  photo: {type: text, description: "SHA-256 of its photo in the form app; null for none."}
  is_owned: {type: boolean, description: "Whether it had been bought and not yet sold, thrown away or given away."}
  count_wears: {type: integer, description: "Times it had been worn."}
  count_walks: {type: integer, description: "Times it had been walked in."}
  count_cleans: {type: integer, description: "Times it had been cleaned."}
  last_worn_at: {type: timestamp, description: "From when its last wear counts, in UTC; null where never."}
  last_worn_on: {type: date, description: "Day on which it had last been worn; null where never."}
  sold_at: {type: timestamp, description: "When it was sold, in UTC; null unless it had been."}
  sale_price: {type: "decimal(10,2)", description: "What it was sold for; null unless it had been."}
  trashed_at: {type: timestamp, description: "When it was thrown away, in UTC; null unless it had been."}
  given_at: {type: timestamp, description: "When it was given away, in UTC; null unless it had been."}
  left_on: {type: date, description: "Day on which it was sold, thrown away or given away; null unless it had been."}
  recipient: {type: text, description: "To whom it was given; null where not said, or not given away."}
  valid_from: {type: timestamp, description: "When the period begins (included), in UTC."}
  valid_to: {type: timestamp, description: "When the period ends (excluded), in UTC; null while it lasts."}
  is_current: {type: boolean, description: "Whether it is the pair's last period."}
checks:
  - unique: [sneaker_key]
  - unique: [sneaker_id, valid_from]
  - unique: [last_event_id]
  - not_null: [sneaker_key, sneaker_id, last_event_id, is_owned, count_wears, count_walks, count_cleans, valid_from, is_current]
  - expression: "valid_from < valid_to"
    name: a_period_is_not_empty
  - expression: "is_current = (valid_to is null)"
    name: only_the_current_row_is_open
  - expression: "(sold_at is null) = (sale_price is null)"
    name: what_is_sold_has_a_price
  - expression: "(left_on is null) = (sold_at is null and trashed_at is null and given_at is null)"
    name: what_has_left_has_a_day
  - expression: "not is_owned or (sold_at is null and trashed_at is null and given_at is null)"
    name: what_is_owned_has_not_left
  # A purchase can be missing only while its record is in quarantine.
  - expression: "name is not null"
    name: every_pair_was_bought
    severity: warn
*/
with
    counted as (
        select
            sneaker_id,
            event_id,
            counts_from,
            count(case when type = 'bought' then 1 end) over past as purchases,
            count(case when type = 'worn' then 1 end) over past as wears,
            count(case when type = 'walked' then 1 end) over past as walks,
            count(case when type = 'cleaned' then 1 end) over past as cleans,
            max(case when type = 'worn' then event_time end) over past as last_worn_at,
            max(case when type = 'worn' then event_date end) over past as last_worn_on,
            count(case when type in ('sold', 'trashed', 'given') then 1 end) over past as removals,
            lead(counts_from) over (partition by sneaker_id order by number) as next_counts_from
        from staged.sneaker_entries
        window past as (
            partition by sneaker_id order by number rows between unbounded preceding and current row
        )
    ),

    -- Only the last state of an instant, since a period needs a length.
    periods as (
        select
            sneaker_id,
            event_id,
            counts_from,
            purchases,
            wears,
            walks,
            cleans,
            last_worn_at,
            last_worn_on,
            removals,
            next_counts_from
        from counted
        where
            next_counts_from is null
            or counts_from < next_counts_from
    ),

    -- Few of the entries, and read three times.
    milestones as (
        select
            event_id,
            type,
            sneaker_id,
            number,
            event_date,
            event_time,
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
            recipient
        from staged.sneaker_entries
        where type in ('bought', 'sold', 'trashed', 'given')
    ),

    purchases as (
        select
            sneaker_id,
            name,
            manufacturer_id,
            color,
            material,
            event_date as purchased_on,
            purchase_price,
            currency,
            size,
            note,
            photo,
            row_number() over (partition by sneaker_id order by event_id) as purchase
        from milestones
        where type = 'bought'
    ),

    removals as (
        select
            sneaker_id,
            type,
            event_date,
            event_time,
            sale_price,
            recipient,
            row_number() over (partition by sneaker_id order by number) as removal
        from milestones
        where type <> 'bought'
    ),

    -- What a brand is called; where no event says so (those in quarantine cannot), what its latest purchase called it.
    names as (
        select
            event.manufacturer_id,
            event.brand,
            event.collaborator,
            event.event_id,
            1 as is_of_brand
        from staged.sneaker_events as event
        where
            event.type in ('brand_added', 'brand_edited')
            and not exists (
                select 1
                from staged.sneaker_events as undoing
                where
                    undoing.type = 'undone'
                    and undoing.target_event_id = event.event_id
            )
        union all
        select
            entry.manufacturer_id,
            entry.brand,
            entry.collaborator,
            entry.event_id,
            0 as is_of_brand
        from milestones as entry
        where entry.type = 'bought'
    ),

    brands as (
        select
            manufacturer_id,
            brand,
            collaborator,
            row_number() over (partition by manufacturer_id order by is_of_brand desc, event_id desc) as age
        from names
    )

select
    cast(period.sneaker_id as text) || '@' || cast(period.event_id as text) as sneaker_key,
    period.sneaker_id,
    period.event_id as last_event_id,
    purchase.name,
    purchase.manufacturer_id,
    brand.brand,
    brand.collaborator,
    purchase.color,
    purchase.material,
    purchase.purchased_on,
    purchase.purchase_price,
    purchase.currency,
    purchase.size,
    purchase.note,
    purchase.photo,
    period.purchases > 0 and period.removals = 0 as is_owned,
    cast(period.wears as integer) as count_wears,
    cast(period.walks as integer) as count_walks,
    cast(period.cleans as integer) as count_cleans,
    period.last_worn_at,
    period.last_worn_on,
    case when removal.type = 'sold' then removal.event_time end as sold_at,
    removal.sale_price,
    case when removal.type = 'trashed' then removal.event_time end as trashed_at,
    case when removal.type = 'given' then removal.event_time end as given_at,
    removal.event_date as left_on,
    removal.recipient,
    period.counts_from as valid_from,
    period.next_counts_from as valid_to,
    period.next_counts_from is null as is_current
from periods as period
left join purchases as purchase
    on purchase.sneaker_id = period.sneaker_id
    and purchase.purchase = 1
left join brands as brand
    on brand.manufacturer_id = purchase.manufacturer_id
    and brand.age = 1
left join removals as removal
    on removal.sneaker_id = period.sneaker_id
    and removal.removal = period.removals
