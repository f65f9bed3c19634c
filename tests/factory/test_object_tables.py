"""Tables declared over source objects: what is new is loaded, once in effect, and nothing is lost or guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.fields import Field, read_fields
from tributary.assets.factory.object_loading import Loaded, load
from tributary.assets.factory.object_tables import SOURCE_OBJECT, ObjectTable
from tributary.assets.factory.objects import DailyObjects, Span
from tributary.assets.factory.reading import DoesNotFit
from tributary.assets.factory.specs import FORCE, object_spec
from tributary.resources.lake import open_lake
from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse import arrow
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Deduplication, Table

DAYS = DailyObjects("weather/raw/", date(2026, 1, 1))
FIRST, SECOND, THIRD = (date(2026, 1, day) for day in (1, 2, 3))
READINGS = ObjectTable(
    table=Table(
        "staged",
        "readings",
        (
            Field("id", "integer", "Reading.", required=True),
            Field("temperature", "decimal(4,1)", "In degrees Celsius.", path="main.temp"),
            Column(SOURCE_OBJECT, "text", "Object."),
        ),
        deduplicate=Deduplication(("id",), (SOURCE_OBJECT,)),
    ),
    source="weather",
    upstream="raw.readings",
    objects=DAYS.by_day(),
    code_version="1",
    defined_in=__file__,
)
TOGETHER = replace(READINGS, objects=DAYS.together())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


def put(lake: Lake, day: date, *ids: int, bad: bytes = b"") -> str:
    lines = [json.dumps({"id": one, "main": {"temp": one / 2}}).encode() for one in ids]
    lake.put(DAYS.key(day), b"".join(line + b"\n" for line in [*lines, *([bad] if bad else [])]))
    return DAYS.key(day)


def held(warehouse: PostgresWarehouse) -> list[tuple[int, int]]:
    """The readings, and the day of the object that each is from."""
    rows = warehouse.rows("SELECT id, source_object FROM staged.readings ORDER BY 1, 2")
    return [(row["id"], int(row["source_object"][-8:-6])) for row in rows]


def span(first: date, last: date) -> Span:
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    return Span(start, end + timedelta(days=1))


def read(done: Loaded) -> list[int]:
    """The days of the objects that were read."""
    return [int(name[-8:-6]) for name in done.reading.rows]


def test_what_is_loaded_is_left_and_what_changed_is_read_again(lake: Lake, warehouse: PostgresWarehouse) -> None:
    put(lake, FIRST, 1, 2)
    put(lake, SECOND, 3)
    put(lake, THIRD, 4)
    assert read(load(READINGS, warehouse, lake, span(FIRST, SECOND))) == [1, 2]
    assert held(warehouse) == [(1, 1), (2, 1), (3, 2)]
    put(lake, SECOND, 3, 5)
    done = load(READINGS, warehouse, lake, span(FIRST, THIRD))
    assert (read(done), len(done.objects)) == ([2, 3], 3)
    assert held(warehouse) == [(1, 1), (2, 1), (3, 2), (4, 3), (5, 2)]
    assert read(load(replace(READINGS, code_version="2"), warehouse, lake, span(FIRST, FIRST))) == [1]


def test_forced_all_of_the_span_is_read_and_what_is_gone_goes(lake: Lake, warehouse: PostgresWarehouse) -> None:
    for day, one in ((FIRST, 1), (SECOND, 2), (THIRD, 3)):
        put(lake, day, one)
    load(READINGS, warehouse, lake, span(FIRST, THIRD))
    lake.delete_prefix(DAYS.key(FIRST))
    lake.delete_prefix(DAYS.key(THIRD))
    load(READINGS, warehouse, lake, span(FIRST, SECOND))
    assert held(warehouse) == [(1, 1), (2, 2), (3, 3)]
    assert read(load(READINGS, warehouse, lake, span(FIRST, SECOND), force=True)) == [2]
    assert held(warehouse) == [(2, 2), (3, 3)]
    load(TOGETHER, warehouse, lake, force=True)
    assert held(warehouse) == [(2, 2)]


@pytest.mark.parametrize("of", [READINGS, TOGETHER])
def test_what_does_not_fit_is_kept_with_its_reason_and_replayed(
    lake: Lake, warehouse: PostgresWarehouse, of: ObjectTable
) -> None:
    days = None if of is TOGETHER else span(FIRST, SECOND)
    bad = b'{"id": 2, "main": {"temp": "mild"}}'
    put(lake, FIRST, 1, bad=bad)
    put(lake, SECOND, 3)
    report = load(of, warehouse, lake, days).report
    assert (report.rows, report.lines, report.rejected) == (2, 3, 1)
    [kept] = warehouse.rows("SELECT table_name, line_number, raw_text, reason FROM quarantine.rejected_rows")
    assert tuple(kept.values()) == ("raw.readings", 2, bad.decode(), "its main.temp is no decimal(4,1)")
    assert read(load(of, warehouse, lake, days)) == []
    assert read(load(of, warehouse, lake, days, replay=True)) == [1]
    put(lake, FIRST, 1, 2)
    load(of, warehouse, lake, days)
    assert warehouse.rejected("raw.readings") == []
    assert held(warehouse) == [(1, 1), (2, 1), (3, 2)]


def test_a_row_that_its_object_lost_comes_back_from_another_of_any_day(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    put(lake, FIRST, 1, 2)
    put(lake, SECOND, 2, 3)
    put(lake, THIRD, 4)
    load(READINGS, warehouse, lake, span(FIRST, THIRD))
    assert held(warehouse) == [(1, 1), (2, 1), (3, 2), (4, 3)]
    put(lake, FIRST, 1)
    assert read(load(READINGS, warehouse, lake, span(FIRST, FIRST))) == [1, 2]
    assert held(warehouse) == [(1, 1), (2, 2), (3, 2), (4, 3)]


def test_a_row_that_gets_lost_on_the_way_keeps_the_old_rows(
    lake: Lake, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, FIRST, 1)
    load(TOGETHER, warehouse, lake)
    put(lake, FIRST, 1, 2, 3)
    whole = arrow.batches
    monkeypatch.setattr(arrow, "batches", lambda table, rows: whole(table, list(rows)[:-1]))
    with pytest.raises(ChecksFailed, match="records_reconcile failed for 1 "):
        load(TOGETHER, warehouse, lake)
    assert held(warehouse) == [(1, 1)]


def test_a_table_of_the_objects_as_they_are_is_made_again_only_when_they_change(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    now = replace(TOGETHER, whole=True)
    put(lake, FIRST, 1)
    put(lake, SECOND, 2)
    assert read(load(now, warehouse, lake)) == [1, 2]
    assert read(load(now, warehouse, lake)) == []
    lake.delete_prefix(DAYS.key(FIRST))
    assert read(load(now, warehouse, lake)) == [2]
    assert held(warehouse) == [(2, 2)]


def test_an_object_that_is_not_whole_is_refused_with_what_mends_it(lake: Lake, warehouse: PostgresWarehouse) -> None:
    key = put(lake, FIRST, 1)
    load(TOGETHER, warehouse, lake)
    lake.put(key, lake.get(key)[:-1])
    with pytest.raises(ObjectDamagedError, match=r"ends within a line.* Materialise raw\.readings"):
        load(TOGETHER, warehouse, lake)
    assert held(warehouse) == [(1, 1)]


def test_a_run_tells_the_rows_of_each_partition(lake: Lake, warehouse: PostgresWarehouse) -> None:
    @dg.multi_asset(
        specs=[
            object_spec(
                "raw.readings",
                source="weather",
                description="",
                kinds=(),
                defined_in=Path(__file__),
                code_version="1",
                partitions=DAYS.partitions(),
            )
        ]
    )
    def raw() -> None: ...

    put(lake, FIRST, 1, 2)
    put(lake, THIRD, 3)
    tags = {"dagster/asset_partition_range_start": "2026-01-01", "dagster/asset_partition_range_end": "2026-01-03"}
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [READINGS.asset(), raw],
            instance=instance,
            selection=[asset_key("staged.readings")],
            resources={"lake": lake, "warehouse": warehouse},
            tags={**tags, FORCE: "true"},
        )
    events = done.asset_materializations_for_node("staged__readings")
    rows = {one.partition: one.metadata["dagster/partition_row_count"].value for one in events}
    assert rows == {"2026-01-01": 2, "2026-01-02": 0, "2026-01-03": 1}
    told = events[0].metadata
    assert (told["objects"].value, told["partitions without an object"].value) == (2, 1)
    assert {one.check_name for one in done.get_asset_check_evaluations()} == {"records_reconcile", "no_rejects"}


@pytest.mark.parametrize(
    ("kind", "fits", "misfits"),
    [
        ("boolean", {True: True}, [1, "true"]),
        ("integer", {-(2**31): -(2**31)}, [2**31, 1.0, True, "1"]),
        ("bigint", {2**31: 2**31}, [2**63]),
        ("double", {1: 1.0, 0.5: 0.5}, [float("inf"), True, "1"]),
        ("text", {"é": "é"}, [1, "a\0", "\ud83c"]),
        ("decimal(3,1)", {1: Decimal(1), "99.9": Decimal("99.9"), 0.5: Decimal("0.5")}, [0.25, 100, "x", "NaN", True]),
        ("date", {"2026-01-31": date(2026, 1, 31)}, ["2026-02-30", 20260131]),
        ("timestamp", {"2026-01-01T01:00:00+02:00": datetime(2025, 12, 31, 23)}, ["2026-01-01T01:00:00", 1]),  # noqa: DTZ001
    ],
)
def test_values_are_taken_as_their_type_or_not_at_all(kind: str, fits: dict[Any, Any], misfits: list[Any]) -> None:
    field = Field("value", kind, "Value.", path="a.b", required=True)
    for found, value in fits.items():
        read_value = read_fields([field], {"a": {"b": found}})["value"]
        assert (type(read_value), read_value) == (type(value), value)
    for found in misfits:
        with pytest.raises(DoesNotFit, match=r"its a\.b is no "):
            read_fields([field], {"a": {"b": found}})
    for record in ({}, {"a": None}, {"a": 1}, {"a": {"b": None}}):
        with pytest.raises(DoesNotFit, match="is missing"):
            read_fields([field], record)
