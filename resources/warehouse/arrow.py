"""The portable column types in Arrow, for rows that are made in Python. Imported when rows are, never at a start."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from resources.warehouse.table import Table
from resources.warehouse.types import decimal_digits

_TYPES: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns; timestamps are microseconds without a zone."""
    return pa.schema([(column.name, _arrow_type(column.type)) for column in table.columns])


def _arrow_type(name: str) -> pa.DataType:
    digits = decimal_digits(name)
    return pa.decimal128(*digits) if digits else _TYPES[name]
