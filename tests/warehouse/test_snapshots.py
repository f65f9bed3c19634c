"""What readers of every isolation level, role and name see of a write: the old rows or the new ones, never fewer."""

from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import psycopg
import pytest
from tests.warehouse.conftest import Server

from tributary.resources.warehouse.base import NOBODY, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres import publish, views
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.snapshots import everyone_sees, number_of_transaction
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range

DEMO = Table("gold", "demo", (Column("id", "integer", "Id."), Column("amount", "decimal(12,2)", "Amount.")))
LEVELS = (psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE)
COUNT = "SELECT count(*) FROM gold.demo"


def numbers(count: int) -> Select:
    return Select(f"SELECT g AS id, 1.5 AS amount FROM generate_series(1, {count}) AS g")


def count(connection: psycopg.Connection[Any], query: str = COUNT) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def published(by_url: PostgresWarehouse, admin: psycopg.Connection[Any]) -> PostgresWarehouse:
    """A table of 100 rows that all roles may read."""
    by_url.replace(DEMO, numbers(100))
    admin.execute("GRANT USAGE ON SCHEMA gold TO PUBLIC; GRANT SELECT ON gold.demo TO PUBLIC")
    return by_url


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes that give up soon where rows cannot be replaced in place."""
    monkeypatch.setattr(publish, "MOST_PATIENCE", 0.4)
    monkeypatch.setattr(views, "MOST_PATIENCE", 0.4)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["report", "tributary gold.demo 12345678"])
def test_an_older_snapshot_keeps_the_old_rows_whoever_holds_it(
    published: PostgresWarehouse, server: Server, level: psycopg.IsolationLevel, name: str
) -> None:
    before = 100
    for after, role in enumerate(("writer", "plain", "seeing", "postgres"), 7):
        with psycopg.connect(server.url(role), application_name=name) as reader:
            reader.isolation_level = level
            reader.execute("SELECT 1")
            published.replace(DEMO, numbers(after))
            assert (count(reader), count(reader)) == (before, before)
        assert published.rows(COUNT) == [{"count": after}]
        before = after


def test_a_snapshot_that_another_transaction_took_over_keeps_the_old_rows(
    published: PostgresWarehouse, server: Server
) -> None:
    with psycopg.connect(server.url("plain")) as importer:
        importer.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with psycopg.connect(server.url("plain")) as exporter:
            exporter.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            row = exporter.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            importer.execute(f"SET TRANSACTION SNAPSHOT '{row[0]}'")
        published.replace(DEMO, numbers(7))
        assert count(importer) == 100


def test_a_statement_that_reads_the_table_late_sees_the_rows_of_its_beginning(
    published: PostgresWarehouse, server: Server, admin: psycopg.Connection[Any]
) -> None:
    admin.execute(
        "CREATE FUNCTION public.late() RETURNS bigint STABLE LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN (SELECT count(*) FROM gold.demo); END $$"
    )
    found: list[int] = []

    def read() -> None:
        with psycopg.connect(server.url("plain"), application_name="tributary", autocommit=True) as reader:
            found.append(count(reader, "SELECT public.late() FROM pg_sleep(0.8) OFFSET 0"))

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.3)
    published.replace(DEMO, numbers(7))
    thread.join()
    assert found == [100]


def test_a_prepared_statement_and_cursors_see_old_or_new_rows(published: PostgresWarehouse, server: Server) -> None:
    with psycopg.connect(server.url("plain"), autocommit=True) as reader:
        reader.execute(f"PREPARE p AS {COUNT}")
        reader.execute("BEGIN")
        reader.execute("DECLARE held CURSOR WITH HOLD FOR SELECT id FROM gold.demo")
        reader.execute("COMMIT")
        reader.execute("BEGIN")
        reader.execute("DECLARE open CURSOR FOR SELECT id FROM gold.demo")
        reader.execute("FETCH 5 FROM open")
        published.replace(DEMO, numbers(7))
        assert count(reader, "EXECUTE p") in (7, 100)
        assert len(reader.execute("FETCH ALL FROM open").fetchall()) == 95
        reader.execute("COMMIT")
        assert len(reader.execute("FETCH ALL FROM held").fetchall()) == 100
        assert count(reader, "EXECUTE p") == 7


def test_without_older_snapshots_no_row_is_moved(published: PostgresWarehouse, server: Server) -> None:
    def part() -> str:
        return str(published.rows("SELECT inhrelid::regclass::text AS p FROM pg_inherits")[0]["p"])

    before = part()
    with psycopg.connect(server.url("plain")) as idle:  # in a transaction, between two statements
        idle.execute("SELECT 1")
        published.replace(DEMO, numbers(7))
    swapped = part()
    assert swapped != before
    with psycopg.connect(server.url("plain")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        published.replace(DEMO, numbers(8))
    assert part() == swapped


@pytest.mark.usefixtures("published")
def test_the_proof_is_the_servers(server: Server) -> None:
    with open_session(server.url("writer"), NOBODY) as session:
        with session.transaction():
            number = number_of_transaction(session)
            session.execute("CREATE TABLE _parts.any ()")
        assert everyone_sees(session, number)
        with psycopg.connect(server.url("plain")) as reader:
            reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            reader.execute("SELECT 1")
            with session.transaction():
                number = number_of_transaction(session)
            assert not everyone_sees(session, number)
        assert everyone_sees(session, number)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("touched", [True, False])
def test_changed_columns_wait_for_older_snapshots_and_then_fail(
    published: PostgresWarehouse, server: Server, touched: bool
) -> None:
    wider = Table("gold", "demo", (*DEMO.columns, Column("note", "text", "Note.")))
    rows = Select("SELECT 1 AS id, 2 AS amount, 'x' AS note")
    with psycopg.connect(server.url("plain")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute(COUNT if touched else "SELECT 1")
        with pytest.raises(WarehouseError, match=r"gold.demo changes its columns, .* must end first; .* run it again"):
            published.replace(wider, rows)
        assert count(reader) == 100
    assert published.rows("SELECT * FROM gold.demo LIMIT 1")[0].keys() == {"id", "amount"}
    published.replace(wider, rows)
    assert published.rows("SELECT note FROM gold.demo") == [{"note": "x"}]


@pytest.mark.usefixtures("impatient")
def test_a_view_of_other_tables_waits_for_older_snapshots(published: PostgresWarehouse, server: Server) -> None:
    view = Table("gold", "seen", (Column("id", "integer", "Id."),), kind="view")
    published.replace(view, Select("SELECT id FROM gold.demo"))
    with psycopg.connect(server.url("writer")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        other = Table("gold", "other", (Column("id", "integer", "Id."),))
        published.replace(other, Select("SELECT 5 AS id"))
        published.replace(view, Select("SELECT id + 1 AS id FROM gold.demo"))
        with pytest.raises(WarehouseError, match=r"gold.seen changes, .* run it again"):
            published.replace(view, Select("SELECT id FROM gold.other"))
        assert count(reader, "SELECT count(*) FROM gold.seen") == 100
    published.replace(view, Select("SELECT id FROM gold.other"))
    assert published.rows("SELECT id FROM gold.seen") == [{"id": 5}]


def test_windows_leave_older_snapshots_their_rows(by_url: PostgresWarehouse, server: Server) -> None:
    table = Table("core", "days", (Column("day", "date", "Day."), Column("id", "integer", "Id.")), partition_by="day")
    first = Range("day", date(2024, 1, 1), date(2024, 1, 2))

    def rows(number: int) -> Select:
        return Select(f"SELECT date '2024-01-01' AS day, g AS id FROM generate_series(1, {number}) AS g")

    by_url.replace(table, rows(10), window=first)
    with psycopg.connect(server.url("writer")) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT 1")
        by_url.replace(table, rows(3), window=first)
        assert count(reader, "SELECT count(*) FROM core.days") == 10
    assert by_url.rows("SELECT count(*) AS n FROM core.days") == [{"n": 3}]


def test_readers_of_all_kinds_in_loops_see_one_of_the_written_states(
    published: PostgresWarehouse, server: Server
) -> None:
    done = threading.Event()
    seen: set[int] = set()
    problems: list[str] = []

    def read(role: str, level: psycopg.IsolationLevel, wait: float) -> None:
        with psycopg.connect(server.url(role), application_name="tributary") as reader:
            reader.isolation_level = level
            while not done.is_set():
                try:
                    reader.execute("SELECT 1")
                    time.sleep(wait)
                    numbers_seen = {count(reader), count(reader)}
                    reader.commit()
                except psycopg.Error as error:
                    problems.append(repr(error))
                    return
                seen.update(numbers_seen)
                if level != psycopg.IsolationLevel.READ_COMMITTED and len(numbers_seen) > 1:
                    problems.append(f"{level.name} saw {numbers_seen}")

    kinds = [("plain", psycopg.IsolationLevel.READ_COMMITTED, 0.0), ("writer", LEVELS[0], 0.03)]
    kinds += [("plain", LEVELS[0], 0.01), ("seeing", LEVELS[1], 0.05)]
    readers = [threading.Thread(target=read, args=kind) for kind in kinds]
    for reader in readers:
        reader.start()
    for number in (200, 300, 200, 300, 200, 300):
        published.replace(DEMO, numbers(number))
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []
    assert seen <= {100, 200, 300}
