"""Rows for the tests of the contract, as SQL that every engine reads and as Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.table import Table


def select(table: Table, rows: Iterable[Sequence[Any]]) -> Select:
    """A SELECT of these rows."""
    names = ", ".join(table.column_names)
    listed = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
    if not listed:
        nulls = ", ".join(f"CAST(NULL AS {_sql_type(column.type)}) AS {column.name}" for column in table.columns)
        return Select(f"SELECT * FROM (SELECT {nulls}) AS n WHERE 1 = 0")
    return Select(f"SELECT * FROM (VALUES {listed}) AS v({names})")


def arrow(table: Table, rows: Iterable[Sequence[Any]]) -> Batches:
    """These rows as record batches."""
    return Batches(batches(table, (dict(zip(table.column_names, row, strict=True)) for row in rows)))


def _sql_type(name: str) -> str:
    return {"text": "varchar"}.get(name, name)


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):
        return f"DATE '{value}'"
    return "NULL" if value is None else str(value)
