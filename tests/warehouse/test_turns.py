"""Writers take turns in a place that no reader can hold, and that goes with whoever held it."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from tributary.resources.warehouse.base import NOBODY, Origin, Recipe, Rejected, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres import records
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.snapshots import everyone_sees, number_of_transaction
from tributary.resources.warehouse.postgres.turns import turn_beside, turn_relation
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import SourceObjects

DEMO = Table("gold", "demo", (Column("id", "integer", "Id."), Column("source", "text", "S.")))
ROWS = Select("SELECT 1 AS id, 'a' AS source")


def test_no_lock_of_a_reader_holds_a_writer(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], database_url: str
) -> None:
    warehouse.replace(DEMO, ROWS)
    pg.execute("CREATE ROLE reads_all IN ROLE pg_read_all_data LOGIN")
    reader = psycopg.connect(database_url.replace("//postgres@", "//reads_all@"))
    try:
        # Whatever a role that may read everything can lock, and advisory locks of the superuser besides.
        for name in ("gold.demo", "gold.other", "schemas", "rejects gold.demo"):
            pg.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"tributary {name}",))
        tables = pg.execute(
            "SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace "
            "WHERE nspname IN ('_parts', 'gold') AND relkind IN ('r', 'p')"
        ).fetchall()
        for (table,) in tables:
            reader.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
            with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
                reader.execute(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT")
            with pytest.raises(psycopg.errors.InsufficientPrivilege), reader.transaction():
                reader.execute(f"SELECT * FROM {table} FOR KEY SHARE")
        started = time.monotonic()
        warehouse.replace(DEMO, Select("SELECT 2 AS id, 'b' AS source"))
        warehouse.replace(DEMO, Select("SELECT 3 AS id, 'c' AS source"), window=SourceObjects("source", ["c"]))
        warehouse.replace(Table("gold", "other", DEMO.columns), ROWS)
        warehouse.standing(DEMO, Recipe("x"))
        warehouse.reject("gold.demo", {"o": [Rejected(1, 0, b"x", "bad")]})
        assert time.monotonic() - started < 5
    finally:
        reader.close()
        pg.execute("DROP ROLE reads_all")
    assert [row["id"] for row in warehouse.rows("SELECT id FROM gold.demo ORDER BY 1")] == [2, 3]


def test_a_turn_held_keeps_nobodys_rows_alive_and_excludes_others(
    warehouse: PostgresWarehouse, database_url: str
) -> None:
    warehouse.replace(DEMO, ROWS)
    with open_session(database_url, NOBODY) as session, turn_beside(session, "gold.demo") as beside:
        row = session.row(
            "SELECT backend_xid, backend_xmin, state FROM pg_stat_activity WHERE pid = %s",
            (beside.connection.info.backend_pid,),
        )
        assert row == {"backend_xid": None, "backend_xmin": None, "state": "idle in transaction"}
        with session.transaction():
            number = number_of_transaction(session)
        assert everyone_sees(session, number)
        written = threading.Event()

        def write() -> None:
            warehouse.replace(DEMO, ROWS, window=SourceObjects("source", ["a"]))
            written.set()

        thread = threading.Thread(target=write)
        thread.start()
        assert not written.wait(0.3)
        beside.connection.close()  # however it ends
        assert written.wait(10)
        thread.join()


def test_a_write_that_lost_its_turn_publishes_nothing(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    warehouse.replace(DEMO, ROWS)
    outcome: list[str] = []

    def write() -> None:
        try:
            warehouse.replace(DEMO, Select("SELECT 9 AS id, 'x' AS source FROM pg_sleep(1)"), origin=Origin("r1", "me"))
        except WarehouseError as error:
            outcome.append(str(error))

    thread = threading.Thread(target=write)
    thread.start()
    ended = False
    while not ended:
        ended = bool(
            pg.execute(
                "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) "
                "WHERE a.application_name = 'tributary me r1' AND l.mode = 'ShareUpdateExclusiveLock'"
            ).fetchall()
        )
    thread.join()
    assert len(outcome) == 1
    assert warehouse.rows("SELECT id FROM gold.demo") == [{"id": 1}]


def test_many_first_writers_at_once_make_what_is_missing_once(warehouse: PostgresWarehouse) -> None:
    problems: list[Exception] = []

    def write(number: int) -> None:
        try:
            table = Table(f"layer_{number % 2}", f"t{number % 3}", DEMO.columns)
            warehouse.replace(table, ROWS)
            warehouse.reject(table.key, {"o": [Rejected(1, 0, b"x", "bad")]})
        except WarehouseError as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


_WRITTEN_BY = "SELECT DISTINCT xmin::text AS by FROM pg_description WHERE objoid = '_parts.loaded_sources'::regclass"


def test_who_waited_while_the_records_were_made_makes_none(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], database_url: str
) -> None:
    pg.execute(f"CREATE SCHEMA _parts; CREATE TABLE {turn_relation('records')} ()")
    thread = threading.Thread(target=warehouse.replace, args=(DEMO, ROWS))
    with open_session(database_url, NOBODY) as session, turn_beside(session, "records") as beside:
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
        while pg.execute(waiting, (turn_relation("records"),)).fetchone() != (1,):
            assert thread.is_alive()
        records.ensure(beside, "gold.demo")
        made = beside.rows(_WRITTEN_BY)
    thread.join()
    assert pg.execute(_WRITTEN_BY).fetchall() == [(made[0]["by"],)]
    assert warehouse.rows("SELECT id FROM gold.demo") == [{"id": 1}]
