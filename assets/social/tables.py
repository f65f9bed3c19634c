"""The staged tables of the source `social`: one for each kind of event that means something here, one for all others.

What a record must hold to become a row of one of them is decided in `assets.social.events`.
"""

from __future__ import annotations

from tributary.assets.social.event_types import CONTEXT_FIELDS, EVENT_TYPES
from tributary.resources.warehouse.checks import Expression, NotNull, Unique
from tributary.resources.warehouse.table import Column, Deduplication, Table

SOURCE_OBJECT = "source_object"
RECORD_OFFSET = "record_offset"
MESSAGE_ID = "message_id"

_MESSAGE = Column(MESSAGE_ID, "text", "Segment's id of the message; of several deliveries the first one counts.")
CALLER = (
    Column("anonymous_id", "text", "Browser or device that acted; null where not said."),
    *(field.column for field in CONTEXT_FIELDS),
)
"""Who called, and from where."""

_DELIVERY = (
    Column("timestamp", "timestamp", "When it happened, in UTC, corrected for the sender's clock."),
    Column("sent_at", "timestamp", "When the sender sent it, in UTC by the sender's clock; null where not said."),
    Column("received_at", "timestamp", "When the collector received it, in UTC; null where not said."),
    Column(SOURCE_OBJECT, "text", "Key of the lake object that delivered it."),
    Column(RECORD_OFFSET, "bigint", "Byte at which its record begins in the (unpacked) object."),
)


def _table(name: str, description: str, grain: str, columns: tuple[Column, ...], required: tuple[str, ...]) -> Table:
    return Table(
        schema="staged",
        name=name,
        description=description,
        grain=grain,
        columns=(_MESSAGE, *columns, *CALLER, *_DELIVERY),
        checks=(
            Unique((MESSAGE_ID,)),
            NotNull((MESSAGE_ID, *required, "timestamp", SOURCE_OBJECT, RECORD_OFFSET)),
            Expression("record_offset >= 0", title="offset_is_in_the_object"),
        ),
        deduplicate=Deduplication(key=(MESSAGE_ID,), order=(SOURCE_OBJECT, RECORD_OFFSET)),
    )


USERS = _table(
    "social_users",
    "What users said of themselves: each identify call with a user id.",
    "one row an identify message",
    (
        Column("user_id", "text", "User who was identified."),
        Column("username", "text", "Name shown to others.", tags=("pii",)),
        Column("email", "text", "Mail address.", tags=("pii",)),
        Column("about_me", "text", "What the user wrote about themself.", tags=("pii",)),
        Column("traits", "text", "Every other trait, as a JSON object with sorted keys.", tags=("pii",)),
    ),
    ("user_id", "traits"),
)

EVENTS = {
    one: _table(
        one.table,
        one.description,
        one.grain,
        tuple(field.column for field in one.fields),
        tuple(field.name for field in one.fields if field.required),
    )
    for one in EVENT_TYPES
}
"""The table of each event that has one of its own."""

OTHERS = _table(
    "social_other_events",
    "All other messages: page, screen, group and alias calls, anonymous identify calls, and events of other names.",
    "one row a message",
    (
        Column("type", "text", "Segment's kind of call: track, identify, page, screen, group or alias."),
        Column("event", "text", "Name of the event of a track call; null for other calls."),
        Column("user_id", "text", "User who acted; null while anonymous."),
        Column("previous_id", "text", "Of an alias call the id that the user had until then; else null."),
        Column("properties", "text", "Properties (or traits) as a JSON object with sorted keys.", tags=("pii",)),
    ),
    ("type", "properties"),
)

TABLES = (USERS, *EVENTS.values(), OTHERS)
