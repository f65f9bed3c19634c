"""One event object to the rows of its tables and the records that no table takes. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tributary.assets.social.events.columns import ARROW_TYPES, SCHEMAS, plain_tables
from tributary.assets.social.events.erasure import Erased, read_erased
from tributary.assets.social.events.rows import Delivery, row_of
from tributary.assets.social.tables import RECORD_OFFSET, TABLES
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.records import Records, read_records
from tributary.resources.warehouse.base import Rejected


@dataclass(frozen=True)
class Transformed:
    """What one object gave: `tables` by key (`staged.social_posts`), only those with rows, ordered by record offset.

    Every one of its `records` is one row of one table, one of `rejected`, which are in the object's order, or one of
    those of users who are `erased`, of which nothing is kept.
    """

    tables: Mapping[str, pa.Table]
    records: int
    rejected: Sequence[Rejected]
    erased: int = 0

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(table.num_rows for table in self.tables.values())


def transform(source_object: str, data: bytes, erased: Erased | None = None) -> Transformed:
    """The rows that the object `source_object` holds, but for those `erased`; `data` is all its bytes, packed or not.

    A function of its arguments alone, and of no bytes does it fail.
    """
    records = read_records(data)
    plain, others = plain_tables(records, source_object)
    odd, rejected = _one_by_one(records, others, Delivery.of(source_object))
    tables = {
        table.key: _joined(plain.get(table.key), odd.get(table.key))
        for table in TABLES
        if table.key in plain or table.key in odd
    }
    bad = sorted([*records.bad, *rejected], key=lambda one: one.number)
    return (
        _without(Transformed(tables, records.count, bad), erased) if erased else Transformed(tables, records.count, bad)
    )


def _without(whole: Transformed, erased: Erased) -> Transformed:
    """What is left where the rows of those `erased` are taken away, and rejected records that may be theirs."""
    tables = {key: table.filter(pc.invert(erased.rows(table))) for key, table in whole.tables.items()}
    kept = Transformed(
        {key: table for key, table in tables.items() if table.num_rows},
        whole.records,
        [bad for bad in whole.rejected if not erased.names(bad.raw)],
    )
    return replace(kept, erased=whole.records - kept.rows - len(kept.rejected))


def transform_many(lake: Lake, objects: Sequence[ObjectInfo]) -> Iterator[tuple[ObjectInfo, Transformed]]:
    """Read and transform each object, in order, as a stream.

    Where an object is replaced between its listing and its reading, its rows are the new ones and its etag the listed
    one; a receipt with that etag then matches the object no more, and it is transformed again. Of users who are erased
    nothing is there.

    Raises:
        LakeError: an object cannot be read.
    """
    erased = read_erased(lake)
    for info, (_, data) in zip(objects, lake.get_many([info.key for info in objects]), strict=True):
        yield info, transform(info.key, data, erased)


def _one_by_one(
    records: Records, indices: Sequence[int], delivery: Delivery
) -> tuple[dict[str, pa.Table], list[Rejected]]:
    """The rows of the records that are not plain, by table, and those of them that are no row."""
    rows: dict[str, list[tuple[Any, ...]]] = {}
    rejected: list[Rejected] = []
    for index in indices:
        raw, start = records.raw(index), records.starts[index]
        try:
            row = row_of(raw, start, delivery)
        except BadMessage as bad:
            rejected.append(Rejected(records.numbers[index], start, raw, str(bad)))
        else:
            rows.setdefault(row.table.key, []).append(row.cells)
    return {key: _table(key, cells) for key, cells in rows.items()}, rejected


def _table(key: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    schema = SCHEMAS[key]
    columns = zip(*rows, strict=True)
    # Through int64 where it is a time: microseconds are taken as they are.
    return pa.table(
        [
            pa.array(values, pa.int64()).cast(field.type)
            if field.type == ARROW_TYPES["timestamp"]
            else pa.array(values, field.type)
            for field, values in zip(schema, columns, strict=True)
        ],
        schema=schema,
    )


def _joined(plain: pa.Table | None, odd: pa.Table | None) -> pa.Table:
    if plain is None or odd is None:
        return odd if plain is None else plain
    both = pa.concat_tables([plain, odd]).combine_chunks()
    return both.take(pc.sort_indices(both[RECORD_OFFSET]))
