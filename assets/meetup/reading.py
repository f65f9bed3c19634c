"""Raw objects read into Arrow, in bounded memory; what does not fit is kept aside with its reason.

Imported when a step runs, never when definitions load.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tributary.assets.meetup.canonical import whole_lines
from tributary.assets.meetup.values import DoesNotFit, Node, Row, record_of
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.counting import Reckoning

RowsOf = Callable[[Node, date | None, str], tuple[Row, list[Row]]]
"""The rows of a record in the object of a day, or of none: its own, and those of its parts."""

PartsOf = Callable[[Node], int]
"""How many parts a record that fits has, counted as Meetup lists them, and not as rows are made of them."""

TWICE = "its id stands in the object already"


@dataclass
class Reading:
    """What was read so far: records, parts of those that fit, and by object what did not."""

    records: int = 0
    parts: int = 0
    rejected: dict[str, list[Rejected]] = field(default_factory=dict)

    def reckoning(self, *, of_parts: bool) -> Reckoning:
        """The counts of a reading that is done, of the records or of their parts."""
        if of_parts:
            return Reckoning(self.parts)
        reasons = Counter(one.reason for found in self.rejected.values() for one in found)
        return Reckoning(self.records, reasons.total(), reasons)


def read_objects(
    lake: Lake,
    objects: Mapping[str, date | None],
    rows_of: RowsOf,
    parts_of: PartsOf,
    identity: str,
    reading: Reading,
    *,
    of_parts: bool,
) -> Iterator[Row]:
    """The rows of raw objects, object by object: of the records, or of their parts.

    Args:
        lake: where the objects are.
        objects: by key, the day of each; None for one of no day.
        rows_of: makes the rows of a record.
        parts_of: counts the parts of a record.
        identity: column of a record's row that no other of the object may share.
        reading: counts, and takes what does not fit.
        of_parts: whether the rows of the parts are wanted.

    Raises:
        ObjectDamagedError: an object does not hold what was put there.
    """
    for key, data in lake.get_many(list(objects)):
        reading.rejected[key] = []
        seen: set[Any] = set()
        offset = 0
        for number, line in enumerate(whole_lines(lake, key, data), start=1):
            reading.records += 1
            try:
                record = record_of(line)
                row, parts = rows_of(record, objects[key], key)
                if row[identity] in seen:
                    raise DoesNotFit(TWICE)
            except DoesNotFit as misfit:
                reading.rejected[key].append(Rejected(number, offset, line, str(misfit)))
            else:
                seen.add(row[identity])
                reading.parts += parts_of(record)
                yield from parts if of_parts else [row]
            offset += len(line) + 1
