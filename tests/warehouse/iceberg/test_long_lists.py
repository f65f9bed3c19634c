"""Windows of thousands of names and keys, in statements that an engine with a longest one takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from tests.running_trino import RunningTrino
from tests.warehouse.contract.rows import arrow

from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.iceberg.catalogue import open_catalogue
from tributary.resources.warehouse.iceberg.engine import TrinoEngine
from tributary.resources.warehouse.iceberg.trino_http import TrinoTransport
from tributary.resources.warehouse.table import Column, Deduplication, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Keys, SourceObjects

pytestmark = pytest.mark.xdist_group("trino")

LONGEST = 262_144
CALLS = Table(
    "staged",
    "calls",
    (Column("id", "integer", "Id."), Column("day", "date", "Day."), Column("source", "text", "Source.")),
    checks=(Unique(("id",)),),
    deduplicate=Deduplication(("id",), ("source",)),
)
PLAIN = Table("core", "calls", CALLS.columns)
NAMES = [f"web-data/raw/2026/11/26/13/'%s-{number:06}-{'x' * 60}.gz" for number in range(4000)]


class Bounded(TrinoTransport):
    """Refuses what Athena refuses: a longer statement."""

    def run(self, sql: str, *arguments: Any, **named: Any) -> AbstractContextManager[Any]:
        assert len(sql.encode()) <= LONGEST
        return super().run(sql, *arguments, **named)


@pytest.fixture
def warehouse(trino_server: RunningTrino) -> Iterator[Warehouse]:
    trino_server.wipe()
    catalogue = open_catalogue(trino_server.settings, trino_server.databases)
    yield Warehouse(TrinoEngine(Bounded(trino_server.server.url, "test", "iceberg"), lambda: catalogue))
    assert [name for *_, name in catalogue.list_tables("_parts") if name.startswith("built_")] == []


def calls(warehouse: Warehouse, table: Table = CALLS) -> dict[int, str]:
    return {row["id"]: row["source"] for row in warehouse.rows(f"SELECT id, source FROM {table.sql_name}")}


def rows(first: int, names: list[str]) -> Batches:
    return arrow(CALLS, [(first + place, None, name) for place, name in enumerate(names)])


def test_a_window_of_thousands_of_objects(warehouse: Warehouse) -> None:
    many, last = NAMES[:-1], NAMES[-1]
    report = warehouse.replace(
        CALLS, rows(0, NAMES), window=SourceObjects("source", NAMES), fingerprints=dict.fromkeys(NAMES, "1")
    )
    assert report.rows == len(NAMES)
    # The window's rows give way, one of another keeps its key against a later source, and one is displaced.
    window = SourceObjects("source", many)
    report = warehouse.replace(CALLS, rows(2, many[:-1]), window=window, fingerprints=dict.fromkeys(many[:10], "2"))
    expected = {2 + place: name for place, name in enumerate(many[:-1])}
    assert calls(warehouse) == {**expected, len(NAMES) - 1: min(last, expected.get(len(NAMES) - 1, last))}
    loaded = warehouse.published_sources(CALLS, NAMES)
    assert loaded == {**dict.fromkeys(many[:10], "2"), last: "1"}
    assert warehouse.replace(CALLS, rows(2, many[:-1]), window=window).unchanged


def test_of_a_select_the_rows_of_thousands_of_objects_and_keys(warehouse: Warehouse) -> None:
    warehouse.replace(CALLS, rows(0, NAMES), window=SourceObjects("source", NAMES))
    copy = Select("SELECT id, DATE '2024-01-01' AS day, source FROM staged.calls")
    few = NAMES[: len(NAMES) // 2]
    assert warehouse.replace(PLAIN, copy, window=SourceObjects("source", few)).rows == len(few)
    moved = Select("SELECT id, DATE '2024-01-02' AS day, source FROM staged.calls WHERE id % 2 = 0")
    keys = Keys(("id", "source"), [(str(place), name) for place, name in enumerate(NAMES[:3000])])
    warehouse.replace(PLAIN, moved, window=keys)
    found = warehouse.rows("SELECT id, CAST(day AS varchar) AS day FROM core.calls ORDER BY id")
    assert [(row["id"], row["day"]) for row in found] == [(n, "2024-01-02") for n in range(0, 3000, 2)]
