"""What a record must hold to be a row, and which: the definition, one record at a time.

`columns` makes the rows of plain records faster and must agree; whatever is not plain comes here. Types other than
those of Segment's spec are refused. What is optional and of an odd type is kept as its JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from tributary.assets.social.event_types import CONTEXT, CONTEXT_FIELDS, EVENT_TYPES, PROPERTIES, EventField, Kind
from tributary.assets.social.events.envelope import (
    BESIDE,
    CARRIES_TRAITS,
)
from tributary.assets.social.events.places import delivered_at
from tributary.assets.social.events.times import arrived_before, bounded, happened_at
from tributary.assets.social.events.values import fields_of, id_of, json_text, text_of
from tributary.assets.social.tables import EVENTS, OTHERS, USERS
from tributary.resources.segment.documents import document
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import micros_of
from tributary.resources.segment.kinds import ALIAS, IDENTIFY, KINDS, REFUSED, TRACK
from tributary.resources.warehouse.table import Table

_EVENTS = {one.event: one for one in EVENT_TYPES}


@dataclass(frozen=True)
class Delivery:
    """The object that delivered a record: its key, when it was begun, where its name tells, and by when it was whole.

    The latter is in microseconds since 1970.
    """

    source_object: str
    delivered: datetime | None
    whole: int

    @staticmethod
    def of(source_object: str) -> Delivery:
        """The delivery by the object of this key."""
        return Delivery(source_object, delivered_at(source_object), arrived_before(source_object))


class Row(NamedTuple):
    """A row of `table`: its cells in the order of the table's columns, times in microseconds since 1970."""

    table: Table
    cells: tuple[Any, ...]


def row_of(raw: bytes, offset: int, delivery: Delivery) -> Row:
    """The row that a record's bytes are; `offset` is where the record begins in its object.

    Raises:
        BadMessage: it can be none; the message names the field and repeats no value.
    """
    return _row(document(raw), raw, offset, delivery)


def _row(record: Mapping[str, Any], raw: bytes, offset: int, delivery: Delivery) -> Row:
    kind = record.get("type")
    if kind == REFUSED:
        raise BadMessage(f"the collector refused it: {str(record.get('reason', ''))[:200]}")
    if kind is None:
        raise BadMessage("type is missing")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadMessage(f"type is none of {', '.join(sorted(KINDS))}")
    message_id = id_of(record.get("messageId"), "messageId") or fingerprint(raw)
    sent, received = micros_of(record.get("sentAt"), "sentAt"), micros_of(record.get("receivedAt"), "receivedAt")
    arrival = delivery.whole if received is None else bounded(received, delivery.whole, "receivedAt")
    when = bounded(happened_at(record, received, delivery.delivered), arrival, "the time of the event")
    table, own = _own_cells(kind, record, message_id, when, arrival)
    caller = (id_of(record.get("anonymousId"), "anonymousId"), *context_cells(record.get("context")))
    return Row(table, (message_id, *own, *caller, when, sent, received, delivery.source_object, offset))


def fingerprint(raw: bytes) -> str:
    """The id of a message that names none: of its bytes, so that a second delivery has the same."""
    return f"sha256-{hashlib.sha256(raw).hexdigest()[:32]}"


def _own_cells(
    kind: str, record: Mapping[str, Any], message_id: str, when: int, arrival: int
) -> tuple[Table, tuple[Any, ...]]:
    """The table, and the cells between the message's id and its time."""
    user = id_of(record.get("userId"), "userId")
    said = "traits" if kind in CARRIES_TRAITS else "properties"
    fields = dict(fields_of(record.get(said), said))
    event = None
    if kind == TRACK:
        event = record.get("event")
        if event is None or event == "":
            raise BadMessage("event is missing")
        if not isinstance(event, str):
            raise BadMessage("event is not text")
        if event in _EVENTS:
            known = {"userId": user, "messageId": message_id}
            cells = tuple(_cell(field, known, fields, when, arrival) for field in _EVENTS[event].fields)
            return EVENTS[_EVENTS[event]], cells
    if kind == IDENTIFY and user is not None:
        return USERS, (user, *user_cells(fields))
    for name in BESIDE.get(kind, ()):
        if record.get(name) is not None:
            fields.setdefault(name, record[name])
    previous = id_of(record.get("previousId"), "previousId") if kind == ALIAS else None
    return OTHERS, (kind, event, user, previous, json_text(fields))


def _cell(
    field: EventField, known: Mapping[str, str | None], fields: Mapping[str, Any], when: int, arrival: int
) -> str | int | None:
    """The value of an event's column; `known` are the message's own ids."""
    for path in field.paths:
        if path in known:
            found: str | int | None = known[path]
        elif path == "timestamp":
            found = when
        else:
            found = _property(field.kind, fields.get(path.removeprefix(PROPERTIES)), path, arrival)
        if found is not None:
            return found
    if field.required:
        first, *others = field.paths
        raise BadMessage(f"{first} is missing{''.join(f', and {other} too' for other in others)}")
    return None


def _property(kind: Kind, value: Any, path: str, arrival: int) -> str | int | None:
    if kind == "id":
        return id_of(value, path)
    if kind == "text":
        return text_of(value)
    moment = micros_of(value, path)
    return None if moment is None else bounded(moment, arrival, path)


def context_cells(context: Any) -> tuple[str | None, ...]:
    """What a context says of where the message comes from, by `CONTEXT_FIELDS`; parts of odd types say nothing.

    Raises:
        BadMessage: it is not an object.
    """
    said = fields_of(context, "context")
    return tuple(next(filter(None, (_within(said, path) for path in field.paths)), None) for field in CONTEXT_FIELDS)


def _within(context: dict[str, Any], path: str) -> str | None:
    found: Any = context
    for name in path.removeprefix(CONTEXT).split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return text_of(found)


def user_cells(traits: dict[str, Any]) -> tuple[str | None, str | None, str | None, str]:
    """Username, mail address, what the user wrote about themself, and the other traits, which are left in `traits`.

    `aboutMe` counts where `about_me` says nothing.
    """
    username, email, about = (text_of(traits.pop(name, None)) for name in ("username", "email", "about_me"))
    if about is None:
        about = text_of(traits.pop("aboutMe", None))
    return username, email, about, json_text(traits)
