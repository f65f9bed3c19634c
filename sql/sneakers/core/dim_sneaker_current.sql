/*
description: Each pair as it is today, by everything that was recorded up to now; the open rows of core.dim_sneaker.
grain: one row a pair
incremental: {keys: [sneaker_id]}
columns:
  sneaker_key: {type: text, description: "The pair's open row of core.dim_sneaker."}
  sneaker_id: {type: bigint, description: "Pair."}
  last_event_id: {type: bigint, description: "Last event that counts for the pair."}
  name: {type: text, description: "Name of the pair."}
  manufacturer_id: {type: bigint, description: "Brand."}
  brand: {type: text, description: "Name of the brand."}
  collaborator: {type: text, description: "With whom the brand made the pair; null where with nobody."}
  color: {type: text, description: "Colour, as typed."}
  material: {type: text, description: "Material, as typed."}
  purchased_on: {type: date, description: "Day of the purchase."}
  purchase_price: {type: "decimal(10,2)", description: "What it cost."}
  currency: {type: text, description: "Currency of its prices (ISO 4217); null for the collector's usual one."}
  size: {type: text, description: "Size, as typed; null where not said."}
  note: {type: text, description: "What the collector noted of it; null for nothing."}
  photo: {type: text, description: "SHA-256 of its photo in the form app; null for none."}
  is_owned: {type: boolean, description: "Whether it is in the collection."}
  count_wears: {type: integer, description: "Times it was worn."}
  count_walks: {type: integer, description: "Times it was walked in."}
  count_cleans: {type: integer, description: "Times it was cleaned."}
  last_worn_at: {type: timestamp, description: "From when its last wear counts, in UTC; null where never."}
  last_worn_on: {type: date, description: "Day on which it was last worn; null where never."}
  sold_at: {type: timestamp, description: "When it was sold, in UTC; null unless it was."}
  sale_price: {type: "decimal(10,2)", description: "What it was sold for; null unless it was."}
  trashed_at: {type: timestamp, description: "When it was thrown away, in UTC; null unless it was."}
  given_at: {type: timestamp, description: "When it was given away, in UTC; null unless it was."}
  left_on: {type: date, description: "Day on which it was sold, thrown away or given away; null unless it was."}
  recipient: {type: text, description: "To whom it was given; null where not said, or not given away."}
  valid_from: {type: timestamp, description: "From when its last entry counts, in UTC."}
checks:
  - unique: [sneaker_id]
  - not_null: [sneaker_key, sneaker_id, is_owned, count_wears, count_walks, count_cleans, valid_from]
*/
select
    sneaker_key,
    sneaker_id,
    last_event_id,
    name,
    manufacturer_id,
    brand,
    collaborator,
    color,
    material,
    purchased_on,
    purchase_price,
    currency,
    size,
    note,
    photo,
    is_owned,
    count_wears,
    count_walks,
    count_cleans,
    last_worn_at,
    last_worn_on,
    sold_at,
    sale_price,
    trashed_at,
    given_at,
    left_on,
    recipient,
    valid_from
from core.dim_sneaker
where is_current
