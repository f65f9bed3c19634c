"""Tables written by windows: exactly a window's rows are replaced, and the same rows again are left."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest
from tests.warehouse.contract.rows import arrow

from tributary.resources.warehouse.base import Batches, Recipe, Select, WriteReport
from tributary.resources.warehouse.checks import Expression, Unique
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range, SourceObjects

DAYS = Table(
    "core",
    "days",
    (Column("day", "date", "Day."), Column("id", "integer", "Id."), Column("source", "text", "Source.")),
    checks=(Unique(("id",)),),
    partition_by="day",
)


def a_day(day: int) -> Range:
    return Range("day", date(2024, 1, day), date(2024, 1, day + 1))


def day_rows(day: int, *ids: int) -> Select:
    rows = " UNION ALL ".join(f"SELECT date '2024-01-0{day}' AS day, {i} AS id, 'f{day}' AS source" for i in ids)
    return Select(rows)


def day_batch(day: int, number: int) -> list[pa.RecordBatch]:
    rows = {"day": pa.array([date(2024, 1, day)]), "id": pa.array([number], pa.int32()), "source": [f"f{day}"]}
    return list(pa.table(rows).to_batches())


def test_a_window_replaces_exactly_its_rows_and_again_is_the_same(warehouse: Warehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1, 2), window=a_day(1))
    warehouse.replace(DAYS, day_rows(2, 3), window=a_day(2))
    for _ in range(2):
        warehouse.replace(DAYS, day_rows(2, 4, 5), window=a_day(2))
        assert warehouse.rows("SELECT id FROM core.days ORDER BY id") == [{"id": i} for i in (1, 2, 4, 5)]


def test_a_window_by_source_replaces_the_rows_of_those_sources(warehouse: Warehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1), window=SourceObjects("source", ["f1"]))
    warehouse.replace(DAYS, day_rows(2, 2), window=SourceObjects("source", ["f2"]))
    warehouse.replace(DAYS, day_rows(1, 7), window=SourceObjects("source", ["f1", "f3"]))
    assert warehouse.rows("SELECT id FROM core.days ORDER BY id") == [{"id": 2}, {"id": 7}]


def test_a_window_refuses_rows_outside_it_and_keys_that_stand_elsewhere(warehouse: Warehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1), window=a_day(1))
    with pytest.raises(WarehouseError, match="outside the window"):
        warehouse.replace(DAYS, Batches(day_batch(3, 9)), window=a_day(2))
    warehouse.replace(DAYS, day_rows(3, 9), window=a_day(2))  # of a SELECT, the window takes its own rows
    with pytest.raises(ChecksFailed, match="unique_id"):
        warehouse.replace(DAYS, day_rows(2, 1), window=a_day(2))
    assert warehouse.rows("SELECT id FROM core.days") == [{"id": 1}]


def test_two_writers_of_different_windows_both_land_and_of_one_window_one_of_them(warehouse: Warehouse) -> None:
    problems: list[Exception] = []

    def write(day: int, number: int) -> None:
        try:
            warehouse.replace(DAYS, day_rows(day, number), window=a_day(day))
        except WarehouseError as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=one) for one in ((1, 1), (2, 2), (3, 3), (3, 4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert {row["id"] for row in warehouse.rows("SELECT id FROM core.days")} in ({1, 2, 3}, {1, 2, 4})


BELOW = Table("gold", "below", (Column("n", "integer", "N."),))


def version(warehouse: Warehouse) -> str | None:
    """What a reader of the table would be noted under, which follows the table's version."""
    return warehouse.standing(BELOW, Recipe("digest", (DAYS.key,))).fingerprint


@pytest.mark.parametrize(
    "made", [[(1, "f1"), (2, "f1")], [(2, "f1"), (1, "f1")], [(1, "f1")], [(1, "f1"), (2, None)], []]
)
def test_a_window_of_the_same_rows_is_checked_and_left(
    warehouse: Warehouse, made: list[tuple[int, str | None]]
) -> None:
    warehouse.replace(DAYS, day_rows(2, 3), window=a_day(2))
    warehouse.replace(DAYS, day_rows(1, 1, 2), window=a_day(1))
    before = version(warehouse)
    report = warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 1), *row) for row in made]), window=a_day(1))
    same = sorted(made, key=str) == [(1, "f1"), (2, "f1")]
    assert (report.unchanged, report.rows, report.table_rows) == (same, len(made), len(made) + 1)
    assert (version(warehouse) == before) == same
    strict = replace(DAYS, checks=(Expression("id < 1", title="none"),))
    if made:
        with pytest.raises(ChecksFailed, match="none"):
            warehouse.replace(strict, arrow(DAYS, [(date(2024, 1, 1), *row) for row in made]), window=a_day(1))


@pytest.mark.parametrize(
    "other", [[(1, "a"), (2, None)], [(2, ""), (1, "a")], [(1, "a")], [(1, "a"), (2, ""), (4, "b")]]
)
def test_a_whole_table_of_the_same_rows_is_left_and_other_rows_are_another_version(
    warehouse: Warehouse, other: list[tuple[int, str | None]]
) -> None:
    def write(*rows: tuple[int, str | None]) -> WriteReport:
        return warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, 1), *row) for row in rows]))

    assert not write((1, "a"), (2, "")).unchanged
    first = version(warehouse)
    assert first is not None
    assert write((1, "a"), (2, "")).unchanged
    assert version(warehouse) == first
    assert not write(*other).unchanged
    assert version(warehouse) not in (first, None)
    assert len(warehouse.rows("SELECT id FROM core.days")) == len(other)
    warehouse.replace(DAYS, day_rows(5, 9), window=a_day(5))
    assert not write(*other).unchanged
    assert not warehouse.replace(
        replace(DAYS, columns=(*DAYS.columns[:2], Column("source", "text", "Source.", ("pii",)))),
        arrow(DAYS, [(date(2024, 1, 1), *o) for o in other]),
    ).unchanged
