"""Rows of plain records, many at a time: an Arrow table for each staged table.

A record is plain where its ids are texts, its times are ISO 8601 with an offset, and nothing that it needs is missing.
All others are named and left to `rows`, which defines what a row is; no rule is decided here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from tributary.assets.social.event_types import PROPERTIES, EventType
from tributary.assets.social.events.envelope import (
    ANYTHING,
    BESIDE,
    CARRIES_TRAITS,
    CONTEXTS,
    NO_CONTEXT,
    SORTED,
    properties_decoder,
)
from tributary.assets.social.events.rows import user_cells
from tributary.assets.social.events.times import EARLIEST, arrived_before
from tributary.assets.social.tables import CALLER, EVENTS, OTHERS, TABLES, USERS
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import LATEST, micros_of
from tributary.resources.segment.kinds import ALIAS, IDENTIFY, KINDS, TRACK
from tributary.resources.segment.message import Message
from tributary.resources.segment.records import Records
from tributary.resources.warehouse.table import Table

ARROW_TYPES = {"bigint": pa.int64(), "text": pa.string(), "timestamp": pa.timestamp("us")}
SCHEMAS = {
    table.key: pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in table.columns])
    for table in TABLES
}

# Of the cells that are gathered, the first is the record's index, so a column's position there is one further.
_TIME_POSITIONS = {
    table.key: {column.name: at for at, column in enumerate(table.columns, start=1) if column.type == "timestamp"}
    for table in TABLES
}
_OWN_TIMES = tuple(dict.fromkeys(field.name for one in EVENTS for field in one.fields if field.kind == "time"))
_TIMES = ("timestamp", "received_at", "sent_at", *_OWN_TIMES)
_NUL = b"\\u0000"
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$"
_IN_UTC = pa.timestamp("us", "UTC")
_EMPTY = b"{}"

Cells = tuple[Any, ...]
"""A row as gathered: the record's index, then the cells up to `received_at`, times as texts.

Of an event, whose own cells follow from others: index, message, user, times, caller, then its properties.
"""


def plain_tables(records: Records, source_object: str) -> tuple[dict[str, pa.Table], list[int]]:
    """The rows of the plain records, by table key, in the records' order; and the indices of the other records."""
    events: list[list[Cells]] = [[] for _ in _EVENTS]
    users: list[Cells] = []
    rest: list[Cells] = []
    others = _gather(records, [rows.append for rows in events], users.append, rest.append)
    columns: dict[str, Sequence[Sequence[Any]]] = {}
    for event, rows in zip(_EVENTS, events, strict=True):
        if rows:
            columns[event.table.key], odd = event.columns(rows)
            others += odd
    columns |= {key: list(zip(*rows, strict=True)) for key, rows in ((USERS.key, users), (OTHERS.key, rest)) if rows}
    tables: dict[str, pa.Table] = {}
    times = _Times(columns, arrived_before(source_object))
    for key, cells in columns.items():
        made, odd = _arrow_table(key, cells, times, records.starts, source_object)
        others += odd
        if made.num_rows:
            tables[key] = made
    return tables, sorted(others)


class _Event:
    """How the messages of one event type become the columns of its table."""

    def __init__(self, event: EventType, table: Table) -> None:
        self.name, self.table, self._fields = event.event, table, event.fields
        paths = dict.fromkeys(path for field in event.fields for path in field.paths if path.startswith(PROPERTIES))
        self.decode = properties_decoder(path.removeprefix(PROPERTIES) for path in paths).decode
        self._places = {**_GATHERED, **{path: 6 + len(CALLER) + at for at, path in enumerate(paths)}}

    def columns(self, rows: Sequence[Cells]) -> tuple[Sequence[Sequence[Any]], list[int]]:
        """The rows' cells by column, of those that are plain; and the indices of the records of the others."""
        gathered = list(zip(*rows, strict=True))
        own: list[Sequence[Any]] = []
        odd: set[int] = set()
        for field in self._fields:
            values: Sequence[Any] = gathered[self._places[field.paths[0]]]
            for path in field.paths[1:]:
                other = gathered[self._places[path]]
                values = [found if found is not None else instead for found, instead in zip(values, other, strict=True)]
            # A text may be missing, an id may not be empty; a time that is none is found out with all others.
            absent, least = (None, 0) if field.kind == "text" else (_NEVER, 1)
            odd.update(
                [
                    row
                    for row, value in enumerate(values)
                    if value is not absent and (type(value) is not str or len(value) < least)
                ]
            )
            own.append(values)
        if odd:
            left = [row for at, row in enumerate(rows) if at not in odd]
            none: list[list[Any]] = [[] for _ in range(len(own) + len(CALLER) + 5)]
            return (self.columns(left)[0] if left else none), [rows[at][0] for at in odd]
        return [*gathered[:2], *own, *gathered[6 : 6 + len(CALLER)], *gathered[3:6]], []


_NEVER = object()
_GATHERED = {"messageId": 1, "userId": 2, "timestamp": 3, "sentAt": 4, "receivedAt": 5}
_EVENTS = tuple(_Event(event, table) for event, table in EVENTS.items())


def _gather(
    records: Records,
    add_event: Sequence[Callable[[Cells], None]],
    add_user: Callable[[Cells], None],
    add_other: Callable[[Cells], None],
) -> list[int]:
    """Sort the messages into rows; return the indices of those that are not plain."""
    others: list[int] = []
    with_nul = _holding_nul(records)
    known = {event.name: (add, event.decode) for event, add in zip(_EVENTS, add_event, strict=True)}
    for index, message in enumerate(records.messages):
        if message is None or index in with_nul:
            others.append(index)
            continue
        identifier, timestamp, user = message.messageId, message.timestamp, message.userId
        if not identifier or type(identifier) is not str or type(timestamp) is not str:
            others.append(index)
            continue
        if user is not None and (not user or type(user) is not str):
            others.append(index)
            continue
        anonymous = message.anonymousId
        if anonymous is not None and (not anonymous or type(anonymous) is not str):
            others.append(index)
            continue
        kind, when = message.type, (timestamp, message.sentAt, message.receivedAt)
        event = message.event if kind == TRACK else None
        try:
            caller = (anonymous, *(CONTEXTS.decode(message.context).cells() if message.context else NO_CONTEXT))
            if type(event) is str and (found := known.get(event)) is not None:
                add, decode = found
                add((index, identifier, user, *when, *caller, *astuple(decode(message.properties))))
                continue
            if kind == IDENTIFY and user:
                traits = ANYTHING.decode(message.traits) if message.traits else {}
                if type(traits) is dict:
                    add_user((index, identifier, user, *user_cells(traits), *caller, *when))
                    continue
            elif (other := _other(message, kind, event)) is not None:
                add_other((index, identifier, kind, event, user, *other, *caller, *when))
                continue
        except (msgspec.DecodeError, RecursionError):
            pass  # what is wrong with it is said by `rows`
        others.append(index)
    return others


def _holding_nul(records: Records) -> set[int]:
    """The records that may hold U+0000, which the quick decoder keeps and a table cannot hold."""
    if b"\\" not in records.data:  # found out much faster than the whole escape
        return set()
    return {bisect_right(records.starts, found.start()) - 1 for found in re.finditer(re.escape(_NUL), records.data)}


def _other(message: Message, kind: Any, event: Any) -> tuple[str | None, bytes] | None:
    if type(kind) is not str or kind not in KINDS or (kind == TRACK and (not event or type(event) is not str)):
        return None
    previous = message.previousId if kind == ALIAS else None
    if previous is not None and (not previous or type(previous) is not str):
        return None
    said = message.traits if kind in CARRIES_TRAITS else message.properties
    fields = ANYTHING.decode(said or _EMPTY)
    if type(fields) is not dict:
        return None
    for name in BESIDE.get(kind, ()):
        if (value := getattr(message, name)) is not None:
            fields.setdefault(name, value)
    return previous, SORTED.encode(fields)


class _Times:
    """All time columns of all tables, converted together: a call of Arrow costs as much for few values as for many.

    They are bounded as in `times`: nothing happened after its arrival, which was before `whole`; what is too early to
    be believed is not plain.
    """

    def __init__(self, columns: Mapping[str, Sequence[Sequence[Any]]], whole: int) -> None:
        values: list[Any] = []
        self._places: dict[tuple[str, int], tuple[int, int]] = {}
        for name in _TIMES:
            for key, cells in columns.items():
                if (position := _TIME_POSITIONS[key].get(name)) is not None:
                    self._places[key, position] = len(values), len(cells[0])
                    values += cells[position]
        array, self._plain = _converted(values)
        self._rows = sum(len(cells[0]) for cells in columns.values())
        # Of each of an event's own times: where it begins, how many there are, and where their arrivals begin.
        self._own = [
            (*self._places[key, position], self._places[key, _TIME_POSITIONS[key]["received_at"]][0])
            for name in _OWN_TIMES
            for key in columns
            if (position := _TIME_POSITIONS[key].get(name)) is not None
        ]
        if self._rows and not self._lie_within(array, whole):
            array = self._bounded(array, whole)
        self._array = array.view(ARROW_TYPES["timestamp"])

    def column(self, key: str, position: int) -> pa.Array:
        """The column at `position` of a table's cells; null where the value is not plain."""
        return self._array.slice(*self._places[key, position])

    def plain(self, key: str) -> npt.NDArray[np.bool_] | None:
        """Which rows of a table have only plain times; None where all have."""
        if self._plain is None:
            return None
        places = (self._places[key, position] for position in _TIME_POSITIONS[key].values())
        plain = np.logical_and.reduce([self._plain[start : start + count] for start, count in places])
        return None if plain.all() else plain

    def _lie_within(self, array: pa.Array, whole: int) -> bool:
        """Whether nothing is to be bounded, as is usual."""
        bounds = pc.min_max(array)
        lowest, highest = bounds["min"].as_py(), bounds["max"].as_py()
        if lowest is None or lowest < EARLIEST or highest > whole:
            return False
        happened, received = array.slice(0, self._rows), array.slice(self._rows, self._rows)
        pairs = [(happened, received), *((array.slice(at, n), array.slice(by, n)) for at, n, by in self._own)]
        return all(pc.all(pc.less_equal(moment, arrival)).as_py() is not False for moment, arrival in pairs)

    def _bounded(self, array: pa.Array, whole: int) -> pa.Array:
        arrived = pc.min_element_wise(array.slice(self._rows, self._rows), pa.scalar(whole, pa.int64()))
        happened = pc.min_element_wise(array.slice(0, self._rows), arrived)
        parts = [happened, array.slice(self._rows, 2 * self._rows)]
        parts += [
            pc.min_element_wise(array.slice(at, count), arrived.slice(by - self._rows, count))
            for at, count, by in self._own
        ]
        early = pc.fill_null(pc.less(array, EARLIEST), fill_value=False).to_numpy(zero_copy_only=False)
        early[2 * self._rows : 3 * self._rows] = False  # the sender's own clock may say what it likes
        if early.any():
            self._plain = ~early if self._plain is None else self._plain & ~early
        return pa.concat_arrays(parts)


def _arrow_table(
    key: str, cells: Sequence[Sequence[Any]], times: _Times, starts: Sequence[int], source_object: str
) -> tuple[pa.Table, list[int]]:
    """The rows as a table, less those whose times are not plain; and the indices of the records of these."""
    indices, time_positions = cells[0], _TIME_POSITIONS[key].values()
    arrays = [
        times.column(key, position) if position in time_positions else pa.array(cells[position], pa.string())
        for position in range(1, len(cells))
    ]
    arrays.append(pa.repeat(pa.scalar(source_object, pa.string()), len(indices)))
    arrays.append(pa.array([starts[index] for index in indices], pa.int64()))
    made = pa.Table.from_arrays(arrays, schema=SCHEMAS[key])
    plain = times.plain(key)
    if plain is None:
        return made, []
    return made.filter(pa.array(plain)), [indices[row] for row in np.flatnonzero(~plain).tolist()]


def _converted(values: Sequence[Any]) -> tuple[pa.Array, npt.NDArray[np.bool_] | None]:
    """Times in microseconds, null for what is not plain; and which values are plain (null is), None where all are."""
    try:
        texts = pa.array(values, pa.string())
        if pc.all(pc.match_substring_regex(texts, _TIME)).as_py() is not False:
            times = pc.cast(texts, _IN_UTC).view(pa.int64())
            bounds = pc.min_max(times)
            lowest, highest = bounds["min"].as_py(), bounds["max"].as_py()
            if lowest is None or (lowest >= 0 and highest < LATEST):
                return times, None
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass  # a number, or a date that does not exist: looked at one by one
    micros = [_micros(value) for value in values]
    plain = np.array([found is not None or value is None for found, value in zip(micros, values, strict=True)])
    return pa.array(micros, pa.int64()), plain


def _micros(value: Any) -> int | None:
    try:
        return micros_of(value, "")
    except BadMessage:
        return None
