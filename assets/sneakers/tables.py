"""The staged tables of the source `sneakers`.

What a record must hold to become a row is decided in `assets.sneakers.records`.
"""

from __future__ import annotations

from tributary.resources.warehouse.checks import AcceptedValues, Expression, NotNull, Unique
from tributary.resources.warehouse.table import Column, Deduplication, Table

SOURCE_OBJECT = "source_object"
RECORD_OFFSET = "record_offset"

USES = ("worn", "walked", "cleaned")
LIFE = ("bought", *USES, "sold", "trashed", "given")
"""What happens to a pair."""
BRANDS = ("brand_added", "brand_edited")
TYPES = (*LIFE, "edited", "undone", *BRANDS)

_ID = "event_id"
_PRICE = "decimal(10,2)"
_USUAL = "null for the collector's usual one"
_OF_PURCHASE = "given by a purchase, and by an edit that changes it"

EVENTS = Table(
    schema="staged",
    name="sneaker_events",
    description="The event log of the sneaker forms as it was recorded: what happened to pairs, what was said of "
    "brands, and the corrections of both, which are events too. What stands after them is in staged.sneaker_entries.",
    grain="one row an event",
    columns=(
        Column(_ID, "bigint", "Event, numbered in the order of recording."),
        Column(
            "type",
            "text",
            "What happened: bought, worn, walked, cleaned, sold, trashed, given; what was said of a "
            "brand: brand_added, brand_edited; or a correction: edited, undone.",
        ),
        Column("sneaker_id", "bigint", "Pair; null where the event is about a brand."),
        Column("manufacturer_id", "bigint", f"Brand that the event is about; for a pair its brand, {_OF_PURCHASE}."),
        Column("event_date", "date", "The collector's day on which it happened."),
        Column(
            "event_time",
            "timestamp",
            "From when it counts, in UTC: noon of its day, or when it was written down where that was earlier.",
        ),
        Column("recorded_at", "timestamp", "When it was written down, in UTC."),
        Column("name", "text", f"Name of the pair, {_OF_PURCHASE}."),
        Column("color", "text", f"Colour of the pair, {_OF_PURCHASE}."),
        Column("material", "text", f"Material of the pair, {_OF_PURCHASE}."),
        Column("purchase_price", _PRICE, f"What the pair cost, {_OF_PURCHASE}."),
        Column(
            "brand", "text", "Name of the brand at the time, by a purchase, an edit of one, or an event of a brand."
        ),
        Column("collaborator", "text", "With whom the brand made the pair, likewise; null where with nobody."),
        Column("currency", "text", f"Currency of the pair's prices (ISO 4217), {_OF_PURCHASE}; {_USUAL}."),
        Column("size", "text", f"Size as typed, {_OF_PURCHASE}; null where not said."),
        Column(
            "note", "text", f"What the collector noted of the pair, {_OF_PURCHASE}; null for nothing.", tags=("pii",)
        ),
        Column("photo", "text", f"SHA-256 of the pair's photo in the form app, {_OF_PURCHASE}; null for none."),
        Column("sale_price", _PRICE, "What the pair was sold for, given by a sale, and by an edit that changes it."),
        Column("recipient", "text", "To whom the pair was given; null where not said.", tags=("pii",)),
        Column("target_event_id", "bigint", "Event that is edited or undone; null for all others."),
        Column("changed_fields", "text", "What an edit changes, sorted, with commas between; null for all others."),
        Column("changed_event_date", "date", "The day that an edit gives its event; null where none."),
        Column("changed_event_time", "timestamp", "From when the event then counts, in UTC; null where none."),
        Column(SOURCE_OBJECT, "text", "Key of the lake object that holds the record."),
        Column(RECORD_OFFSET, "bigint", "Byte at which the record begins in the object."),
    ),
    checks=(
        Unique((_ID,)),
        NotNull((_ID, "type", "event_date", "event_time", "recorded_at", SOURCE_OBJECT, RECORD_OFFSET)),
        AcceptedValues("type", TYPES),
        Expression(
            "(target_event_id is not null) = (type in ('edited', 'undone'))", title="corrections_have_what_they_correct"
        ),
        Expression("event_time <= recorded_at", title="nothing_counts_before_it_is_recorded"),
        Expression("purchase_price >= 0 and sale_price >= 0", title="prices_are_not_negative"),
    ),
    # Pulls that overlap hold the same event twice, the same in both.
    deduplicate=Deduplication(key=(_ID,), order=(SOURCE_OBJECT, RECORD_OFFSET)),
)

SNEAKERS = Table(
    schema="staged",
    name="sneakers",
    description="The form app's own idea of its pairs at the last pull: what core.dim_sneaker_current must come to.",
    grain="one row a pair whose purchase stands",
    columns=(
        Column("sneaker_id", "bigint", "Pair."),
        Column("name", "text", "Name of the pair."),
        Column("color", "text", "Colour."),
        Column("material", "text", "Material."),
        Column("purchase_price", _PRICE, "What it cost."),
        Column("purchased_on", "date", "Day of the purchase."),
        Column("manufacturer_id", "bigint", "Brand."),
        Column("created_at", "timestamp", "When the purchase was written down, in UTC."),
        Column("sold_at", "timestamp", "When it was sold, in UTC; null unless it was."),
        Column("sale_price", _PRICE, "What it was sold for; null unless it was."),
        Column("trashed_at", "timestamp", "When it was thrown away, in UTC; null unless it was."),
        Column("given_at", "timestamp", "When it was given away, in UTC; null unless it was."),
        Column("left_on", "date", "Day on which it was sold, thrown away or given away; null unless it was."),
        Column("currency", "text", f"Currency of its prices (ISO 4217); {_USUAL}."),
        Column("size", "text", "Size as typed; null where not said."),
        Column("note", "text", "What the collector noted of it; null for nothing.", tags=("pii",)),
        Column("photo", "text", "SHA-256 of its photo in the form app; null for none."),
    ),
    checks=(
        Unique(("sneaker_id",)),
        NotNull(
            (
                "sneaker_id",
                "name",
                "color",
                "material",
                "purchase_price",
                "purchased_on",
                "manufacturer_id",
                "created_at",
            )
        ),
    ),
)

MANUFACTURERS = Table(
    schema="staged",
    name="sneaker_manufacturers",
    description="The form app's brands at the last pull.",
    grain="one row a brand",
    columns=(
        Column("manufacturer_id", "bigint", "Brand."),
        Column("name", "text", "Name of the brand."),
        Column("collaborator", "text", "With whom the brand made its pairs; null where with nobody."),
    ),
    checks=(Unique(("manufacturer_id",)), NotNull(("manufacturer_id", "name"))),
)

STATE_TABLES = {"sneakers": SNEAKERS, "manufacturers": MANUFACTURERS}
"""By state table of the app, the staged table of its rows."""
