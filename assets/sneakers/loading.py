"""Lake objects read into Arrow: events of pulled objects, and the rows of state snapshots.

Imported when a step runs, never when definitions load.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa

from tributary.assets.sneakers.arrivals import refuse_damaged
from tributary.assets.sneakers.records import DoesNotFit, Row, read_record
from tributary.assets.sneakers.state import Manifest, snapshot_rows
from tributary.assets.sneakers.tables import EVENTS, RECORD_OFFSET, SOURCE_OBJECT
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.types import decimal_digits

AT_ONCE = 2
"""Objects read ahead: they are few and large."""


@dataclass
class Reading:
    """What was read of pulled objects so far, by object: records that it holds, rows of them, and what did not fit."""

    held: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, list[Rejected]] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Records that the objects hold in all; counted apart from the rows, so that one which gets lost is missed."""
        return sum(self.held.values())

    @property
    def reasons(self) -> Counter[str]:
        """How many records did not fit, by reason."""
        return Counter(one.reason for found in self.rejected.values() for one in found)


def read_events(lake: Lake, keys: Sequence[str], reading: Reading) -> Iterator[pa.RecordBatch]:
    """The rows of pulled objects, object by object; `reading` counts them and takes what does not fit.

    Raises:
        ObjectDamagedError: an object does not hold the events that its key tells.
    """
    for key, data in lake.get_many(keys, concurrency=AT_ONCE):
        refuse_damaged(lake, key, data)
        reading.held[key] = data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
        reading.rows[key], reading.rejected[key] = 0, []
        yield from batches(EVENTS, _rows(key, data, reading))


def read_state(lake: Lake, manifest: Manifest | None, table: Table) -> Iterator[pa.RecordBatch]:
    """The rows of a snapshot of a state table; none of none."""
    rows = snapshot_rows(lake, manifest) if manifest is not None else ()
    yield from batches(table, ({**row, **_typed(table, row)} for row in rows))


def _rows(key: str, data: bytes, reading: Reading) -> Iterator[Row]:
    offset = 0
    for number, line in enumerate(io.BytesIO(data), start=1):
        try:
            row = read_record(line)
        except DoesNotFit as misfit:
            reading.rejected[key].append(Rejected(number, offset, line.rstrip(b"\n"), str(misfit)))
        else:
            row[SOURCE_OBJECT], row[RECORD_OFFSET] = key, offset
            reading.rows[key] += 1
            yield row
        offset += len(line)


def _typed(table: Table, row: Row) -> Row:
    """The values that a snapshot holds as texts, as what they are."""
    found: Row = {}
    for column in table.columns:
        value = row.get(column.name)
        if not isinstance(value, str):
            continue
        if column.type == "timestamp":
            found[column.name] = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
        elif column.type == "date":
            found[column.name] = date.fromisoformat(value)
        elif decimal_digits(column.type) is not None:
            found[column.name] = Decimal(value)
    return found
