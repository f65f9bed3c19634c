"""The portable column types in Arrow, for rows that are made in Python. Imported when rows are, never at a start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa

from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.types import decimal_digits

_TYPES: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_ROWS = 10_000


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns; timestamps are microseconds without a zone."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in table.columns])


def batches(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.RecordBatch]:
    """Rows as record batches with the table's columns, in bounded memory; what a row leaves out is null."""
    schema = arrow_schema(table)
    ahead = iter(rows)
    while some := list(islice(ahead, _ROWS)):
        columns = [pa.array([row.get(column.name) for row in some], column.type) for column in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def arrow_type(name: str) -> pa.DataType:
    """A portable type in Arrow."""
    digits = decimal_digits(name)
    return pa.decimal128(*digits) if digits else _TYPES[name]
