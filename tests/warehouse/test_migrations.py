"""Tables written by windows that change their columns: rows, readers and what hangs on the table stay."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest
from tests.warehouse.conftest import Server

from tributary.resources.warehouse.base import Rejected, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres import publish
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range

DAY, ID = Column("day", "date", "Day."), Column("id", "integer", "Id.")
DAYS = Table("core", "days", (DAY, ID, Column("word", "text", "W."), Column("old", "text", "O.")), partition_by="day")
CHANGED = Table(
    "core",
    "days",
    (DAY, Column("id", "bigint", "Id."), Column("word", "integer", "W."), Column("new", "text", "N.")),
    partition_by="day",
)


def a_day(day: int) -> Range:
    return Range("day", date(2024, 1, day), date(2024, 1, day + 1))


def fill(warehouse: PostgresWarehouse) -> None:
    for day, word in ((1, "12"), (2, "twelve")):
        select = f"SELECT date '2024-01-0{day}' AS day, {day} AS id, '{word}' AS word, 'o' AS old"
        warehouse.replace(DAYS, Select(select), window=a_day(day))


NEW_DAY = Select("SELECT date '2024-01-03' AS day, 3 AS id, 7 AS word, 'n' AS new")


def test_rows_keep_what_they_had_and_the_report_says_so(
    by_url: PostgresWarehouse, admin: psycopg.Connection[Any], server: Server
) -> None:
    fill(by_url)
    plain = server.role("plain")
    admin.execute(f"GRANT USAGE ON SCHEMA core TO {plain}; GRANT SELECT (day, id) ON core.days TO {plain}")
    admin.execute("ALTER TABLE core.days ENABLE ROW LEVEL SECURITY")
    admin.execute(f"CREATE POLICY later ON core.days FOR SELECT TO {plain} USING (day > '2024-01-01')")
    admin.execute("CREATE VIEW public.dates AS SELECT day FROM core.days")
    report = by_url.replace(CHANGED, NEW_DAY, window=a_day(3))
    assert report.migrated.startswith(
        "core.days changed its columns (new is new; old is gone; id is bigint, was integer; word is integer, was text)"
    )
    assert by_url.rows("SELECT day, id, word, new FROM core.days ORDER BY day") == [
        {"day": date(2024, 1, 1), "id": 1, "word": 12, "new": None},
        {"day": date(2024, 1, 2), "id": 2, "word": None, "new": None},
        {"day": date(2024, 1, 3), "id": 3, "word": 7, "new": "n"},
    ]
    assert report.table_rows == 3
    with psycopg.connect(server.url("plain")) as reader:
        assert reader.execute("SELECT id FROM core.days ORDER BY 1").fetchall() == [(2,), (3,)]
    assert admin.execute("SELECT count(*) FROM public.dates").fetchone() == (3,)
    again = by_url.replace(CHANGED, NEW_DAY, window=a_day(3))
    assert again.migrated == ""


def test_older_snapshots_keep_their_rows_and_make_it_fail(
    by_url: PostgresWarehouse, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "MOST_PATIENCE", 0.3)
    fill(by_url)
    with psycopg.connect(server.url("writer")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        reader.execute("SELECT 1")
        with pytest.raises(WarehouseError, match="must end first"):
            by_url.replace(CHANGED, NEW_DAY, window=a_day(3))
        assert reader.execute("SELECT count(old) FROM core.days").fetchone() == (2,)
    by_url.replace(CHANGED, NEW_DAY, window=a_day(3))
    assert by_url.rows("SELECT count(*) AS n FROM core.days") == [{"n": 3}]


def test_rows_that_no_window_would_own_are_refused_and_stay(by_url: PostgresWarehouse) -> None:
    fill(by_url)
    other = Table("core", "days", (Column("on_day", "date", "D."), ID), partition_by="on_day")
    select = Select("SELECT date '2024-01-03' AS on_day, 3 AS id")
    with pytest.raises(WarehouseError, match="windows of on_day, which 2 of its rows do not have"):
        by_url.replace(other, select, window=Range("on_day", date(2024, 1, 3), date(2024, 1, 4)))
    assert by_url.rows("SELECT count(old) AS n FROM core.days") == [{"n": 2}]


def test_what_fails_after_the_migration_leaves_the_migrated_rows(by_url: PostgresWarehouse) -> None:
    fill(by_url)
    with pytest.raises(WarehouseError, match="division by zero"):
        by_url.replace(
            CHANGED, Select("SELECT date '2024-01-03' AS day, 1/0 AS id, 7 AS word, 'n' AS new"), window=a_day(3)
        )
    assert by_url.rows("SELECT count(*) AS n, count(new) AS c FROM core.days") == [{"n": 2, "c": 0}]


def test_a_quarantine_without_offsets_gets_them_and_keeps_its_rows(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    warehouse.reject("raw.events", {"old": [Rejected(1, 10, b"x", "no type")]})
    pg.execute("ALTER TABLE quarantine.rejected_rows DROP COLUMN byte_offset")
    warehouse.reject("raw.events", {"new": [Rejected(1, 10, b"x", "no type")]})
    rows = warehouse.rows("SELECT source, byte_offset FROM quarantine.rejected_rows ORDER BY source DESC")
    assert rows == [{"source": "old", "byte_offset": None}, {"source": "new", "byte_offset": 10}]
