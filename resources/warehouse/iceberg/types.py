"""The portable column types in Trino's SQL and in Iceberg, and Trino's types in Arrow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import MonthTransform
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.types import decimal_digits

_SQL: Mapping[str, str] = {"text": "varchar", "timestamp": "timestamp(6)"}
_ICEBERG: Mapping[str, IcebergType] = {
    "boolean": BooleanType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "double": DoubleType(),
    "text": StringType(),
    "date": DateType(),
    "timestamp": TimestampType(),
}
_ARROW: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "varbinary": pa.binary(),
}
_DIGITS = re.compile(r"\((\d+), ?(\d+)\)")


def sql_type(name: str) -> str:
    """A portable type in Trino's SQL."""
    return _SQL.get(name, name)


def iceberg_type(name: str) -> IcebergType:
    """A portable type in Iceberg."""
    digits = decimal_digits(name)
    return DecimalType(*digits) if digits else _ICEBERG[name]


def iceberg_schema(columns: Sequence[Column]) -> Schema:
    """The schema of a new table; each column may be null, which checks say better."""
    return Schema(
        *(
            NestedField(place, column.name, iceberg_type(column.type), required=False, doc=column.description or None)
            for place, column in enumerate(columns, 1)
        )
    )


def partitions(table: Table, schema: Schema) -> PartitionSpec:
    """How a new table's files are apart: by months of the column by whose ranges it is written.

    A day's window then rewrites a month at most, and years of days are no thousands of files.
    """
    column = table.partition_by
    if column is None or table.column(column).type not in ("date", "timestamp"):
        return PartitionSpec()
    source = schema.find_field(column).field_id
    return PartitionSpec(PartitionField(source, PARTITION_FIELD_ID_START, MonthTransform(), f"{column}_month"))


def has_columns(schema: Schema, table: Table) -> bool:
    """Whether a schema is that which the table declares, in the declared order."""
    wanted = [(column.name, iceberg_type(column.type)) for column in table.columns]
    return [(field.name, field.field_type) for field in schema.fields] == wanted


def arrow_of(type_: str) -> pa.DataType:
    """A type as Trino names it, in Arrow; what Arrow has no like of becomes text."""
    if type_.startswith("decimal") and (digits := _DIGITS.search(type_)):
        return pa.decimal128(int(digits[1]), int(digits[2]))
    if type_.startswith("timestamp"):
        return pa.timestamp("us", "UTC") if type_.endswith("with time zone") else pa.timestamp("us")
    return _ARROW.get(type_, pa.string())


def arrow_array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """Values as a transport gives them, as an array."""
    if pa.types.is_string(type_):
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    return pa.array(values, type_)
