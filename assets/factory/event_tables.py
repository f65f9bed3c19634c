"""Tables of the collector's events of one kind, made of the objects that the stream delivers to the lake.

An object holds the messages of all who send, of which a table takes those of its own; what each of its columns is, a
`Field` says by its path in the message. Loads without Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tributary.assets.factory.fields import read_fields
from tributary.assets.factory.reading import Content, DoesNotFit
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.table import Column

RECORD_OFFSET = "record_offset"
"""The column of the byte at which a row's message begins in its (unpacked) object."""

Taken = Callable[[dict[str, Any]], bool]
"""Whether a message is one of a table's own."""


def events_named(name: str) -> Taken:
    """The track calls of an event."""
    return lambda message: message.get("type") == "track" and message.get("event") == name


def read_events(columns: Sequence[Column], taken: Taken) -> Callable[[str, bytes], Content]:
    """The reader of objects for a table's columns: `RECORD_OFFSET`, that of the object, and fields of messages.

    A message of the table's own that does not fit is set aside, and so is what is no message at all, since nobody else
    may be there to tell of it; messages of others are left alone.
    """
    from tributary.assets.factory.object_tables import SOURCE_OBJECT

    fields = [column for column in columns if column.name not in (SOURCE_OBJECT, RECORD_OFFSET)]

    def read(_: str, data: bytes) -> Content:
        from tributary.resources.segment.documents import document
        from tributary.resources.segment.records import read_records

        found = read_records(data)
        rows: list[dict[str, Any]] = []
        misfits: list[Rejected] = list(found.bad)
        for place, (start, number) in enumerate(zip(found.starts, found.numbers, strict=True)):
            message = document(raw := found.raw(place))
            if not taken(message):
                continue
            try:
                rows.append({**read_fields(fields, message), RECORD_OFFSET: start})
            except DoesNotFit as misfit:
                misfits.append(Rejected(number, start, raw, str(misfit)))
        return Content(rows, len(rows) + len(misfits), misfits)

    return read
