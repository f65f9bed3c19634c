"""The ledger of source objects: what it says was loaded is what stands in the table, whatever happened in between."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from tests.warehouse.contract.calls import ALL, TABLE, load, rows_of

from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.windows import SourceObjects


@pytest.mark.parametrize("statement", ["DROP TABLE staged.calls", "TRUNCATE staged.calls"])
def test_rows_that_somebody_removed_are_not_told_and_not_told_again_after_the_next_write(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], statement: str
) -> None:
    load(warehouse, ["a", "b"], rows_of("a", 1), {"a": "1", "b": "1"})
    pg.execute(statement)
    assert warehouse.published_sources(TABLE, ALL) == {}
    load(warehouse, ["c"], rows_of("c", 1), {"c": "1"})
    assert warehouse.published_sources(TABLE, ALL) == {"c": "1"}


def test_windows_find_their_rows_by_an_index(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    warehouse.replace(TABLE, Select("SELECT g AS id, 's' || g / 10 AS source FROM generate_series(1, 50000) AS g"))
    load(warehouse, ["a"], rows_of("a", 1), {"a": "1"})
    load(warehouse, ["b"], rows_of("b", 1), {"b": "1"})
    plan = pg.execute("EXPLAIN DELETE FROM staged.calls WHERE source = ANY('{s7,s8}')").fetchall()
    assert any("Index" in line for (line,) in plan)
    indexes = pg.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = '_parts' AND tablename ~ '_calls_'")
    assert indexes.fetchone() == (1,)


def test_a_killed_load_leaves_rows_and_ledger_together(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    load(warehouse, ["a"], rows_of("a", 1), {"a": "1"})
    # The writer is stopped at its last statements: the new rows are in, the note on the table waits for this lock.
    with psycopg.connect(pg.info.dsn) as holder:
        holder.execute("SELECT 1 FROM _parts.published_tables FOR UPDATE")
        problems: list[Exception] = []

        def write() -> None:
            try:
                window = SourceObjects("source", ["a", "b"])
                origin = Origin(asset="staged.calls")
                warehouse.replace(
                    TABLE, Select(rows_of("b", 5)), window=window, fingerprints={"a": "2", "b": "1"}, origin=origin
                )
            except WarehouseError as error:
                problems.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        killed = False
        while not killed:
            killed = bool(
                pg.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'tributary staged.calls' AND wait_event_type = 'Lock'"
                ).fetchall()
            )
        thread.join()
    assert len(problems) == 1
    assert warehouse.published_sources(TABLE, ALL) == {"a": "1"}
    assert warehouse.rows("SELECT id, source FROM staged.calls") == [{"id": 1, "source": "a"}]
