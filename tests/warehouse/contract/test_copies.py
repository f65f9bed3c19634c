"""What whoever copies a table elsewhere is given: which publication stands, its rows, and what was noted of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from tests.warehouse.contract.rows import arrow

from tributary.resources.warehouse.arrow import arrow_schema
from tributary.resources.warehouse.base import Note, Select
from tributary.resources.warehouse.checks import Expression, Unique
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

THINGS = Table(
    "gold",
    "things",
    (
        Column("id", "integer", "Id."),
        Column("big", "bigint", "Many."),
        Column("name", "text", "Name."),
        Column("price", "decimal(12,2)", "Price."),
        Column("size", "double", "Size."),
        Column("is_new", "boolean", "New."),
        Column("day", "date", "Day."),
        Column("at", "timestamp", "Moment."),
    ),
    checks=(Unique(("id",)), Expression("size > 1", title="large", severity="warn")),
)
ROWS: list[tuple[Any, ...]] = [
    (1, 2**62, "", Decimal("0.01"), 0.1, True, date(1900, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)),  # noqa: DTZ001
    (
        2,
        -1,
        'a "b", \\c\n\té\U0001f600',
        Decimal("-9999999999.99"),
        1e300,
        False,
        date(9999, 12, 31),
        datetime(1900, 1, 1),  # noqa: DTZ001
    ),
    (3, None, None, None, None, None, None, None),
]
VIEW = Table("gold", "named", (Column("id", "integer", "Id."), Column("name", "text", "Name.")), kind="view")


def rows_of(warehouse: Warehouse, table: Table) -> list[tuple[Any, ...]]:
    found = list(warehouse.batches(table))
    assert all(batch.schema == arrow_schema(table) for batch in found)
    rows = pa.Table.from_batches(found, arrow_schema(table)).to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=lambda row: row[0])


def test_the_rows_that_stand_and_their_note(warehouse: Warehouse) -> None:
    before = datetime.now(UTC)
    warehouse.replace(THINGS, arrow(THINGS, ROWS), fingerprint="f")
    found = warehouse.publication(THINGS)
    assert rows_of(warehouse, THINGS) == ROWS
    assert found.version is not None
    assert found.note is not None
    assert (found.note.rows, found.note.fingerprint, found.note.checks) == (3, "f", {"unique_id": 0, "large": 1})
    assert found.note.updated_at is not None
    assert 0 <= (found.note.updated_at - before).total_seconds() < 60

    assert warehouse.publication(THINGS) == found
    warehouse.replace(THINGS, arrow(THINGS, []))
    assert warehouse.publication(THINGS).version != found.version
    assert rows_of(warehouse, THINGS) == []


def test_a_view_has_rows_too(warehouse: Warehouse) -> None:
    warehouse.replace(THINGS, arrow(THINGS, ROWS))
    warehouse.replace(VIEW, Select("SELECT id, name FROM gold.things WHERE id < 3"))
    first = warehouse.publication(VIEW).version
    assert first is not None
    assert rows_of(warehouse, VIEW) == [row[0:3:2] for row in ROWS[:2]]
    warehouse.replace(THINGS, arrow(THINGS, ROWS[:1]))
    assert warehouse.publication(VIEW).version != first
    assert rows_of(warehouse, VIEW) == [ROWS[0][0:3:2]]


def test_what_was_never_made_is_no_empty_table(warehouse: Warehouse) -> None:
    warehouse.replace(VIEW, Select("SELECT 1 AS id, 'a' AS name"))
    assert warehouse.publication(THINGS).note is None
    with pytest.raises(WarehouseError):
        list(warehouse.batches(THINGS))


def test_a_copy_is_noted_as_what_it_was_copied_from(warehouse: Warehouse) -> None:
    then = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    there = Note(3, checks={"large": 1}, updated_at=then)
    report = warehouse.replace(THINGS, arrow(THINGS, ROWS), fingerprint="v1", copied=there)
    note = warehouse.publication(THINGS).note
    assert note is not None
    assert (report.rows, note.rows, note.fingerprint) == (3, 3, "v1")
    assert (note.checks, note.updated_at) == ({"large": 1}, then)
    assert warehouse.updates()[THINGS.key] == (3, then)
