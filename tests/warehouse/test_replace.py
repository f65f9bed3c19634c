"""The one verb, replace: what readers see, what survives, what is refused, what a crash leaves."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table


def demo(*extra: Column, **options: Any) -> Table:
    columns = (Column("id", "integer", "Id."), Column("amount", "decimal(12,2)", "Amount."), *extra)
    return Table("gold", "demo", columns, description="A demonstration.", **options)


def numbers(count: int, amount: str = "1.5") -> Select:
    return Select(f"SELECT g AS id, {amount} AS amount FROM generate_series(1, {count}) AS g")


def test_a_table_is_made_with_the_declared_types_and_descriptions(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    report = warehouse.replace(demo(), numbers(3))
    assert report.rows == 3
    assert report.bytes > 0
    assert [row["id"] for row in report.preview] == [1, 2, 3]
    types = pg.execute(
        "SELECT column_name, data_type, numeric_scale FROM information_schema.columns "
        "WHERE table_schema = 'gold' AND table_name = 'demo' ORDER BY ordinal_position"
    ).fetchall()
    assert types == [("id", "integer", 0), ("amount", "numeric", 2)]
    described = pg.execute("SELECT obj_description('gold.demo'::regclass), col_description('gold.demo'::regclass, 1)")
    assert described.fetchone() == ("A demonstration.", "Id.")


def test_views_and_grants_survive_a_replace(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    warehouse.replace(demo(), numbers(3))
    pg.execute("CREATE VIEW public.totals AS SELECT sum(amount) AS total FROM gold.demo")
    pg.execute("GRANT SELECT ON gold.demo TO pg_monitor")
    warehouse.replace(demo(), numbers(10, "2"))
    assert pg.execute("SELECT total FROM public.totals").fetchone() == (20,)
    assert pg.execute("SELECT has_table_privilege('pg_monitor', 'gold.demo', 'SELECT')").fetchone() == (True,)


def test_a_new_column_keeps_views_and_a_used_column_cannot_be_dropped(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    warehouse.replace(demo(), numbers(3))
    pg.execute("CREATE VIEW public.totals AS SELECT sum(amount) AS total FROM gold.demo")
    wider = demo(Column("note", "text", "Note."))
    warehouse.replace(wider, Select("SELECT 1 AS id, 5 AS amount, 'x' AS note"))
    assert pg.execute("SELECT total FROM public.totals").fetchone() == (5,)
    narrower = Table("gold", "demo", (Column("id", "integer", "Id."),))
    with pytest.raises(WarehouseError, match="totals"):
        warehouse.replace(narrower, Select("SELECT 1 AS id"))
    assert pg.execute("SELECT id, note FROM gold.demo").fetchall() == [(1, "x")]


@pytest.mark.parametrize("touched_before", [True, False])
def test_an_older_snapshot_goes_on_seeing_the_old_rows(
    warehouse: PostgresWarehouse, database_url: str, touched_before: bool
) -> None:
    warehouse.replace(demo(), numbers(100))
    with psycopg.connect(database_url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT count(*) FROM gold.demo" if touched_before else "SELECT count(*) FROM pg_class")
        warehouse.replace(demo(), numbers(7))
        assert reader.execute("SELECT count(*) FROM gold.demo").fetchone() == (100,)
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 7}]


def test_a_model_that_was_a_view_becomes_a_table_and_keeps_its_grants(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    table = Table("core", "once_a_view", (Column("id", "integer", "Id."),))
    warehouse.replace(replace(table, kind="view"), Select("SELECT 1 AS id"))
    pg.execute("GRANT SELECT ON core.once_a_view TO PUBLIC")
    warehouse.replace(table, Select("SELECT 2 AS id"))
    assert pg.execute("SELECT * FROM core.once_a_view").fetchall() == [(2,)]
    assert pg.execute("SELECT col_description('core.once_a_view'::regclass, 1)").fetchone() == ("Id.",)
    assert pg.execute("SELECT has_table_privilege('public', 'core.once_a_view', 'SELECT')").fetchone() == (True,)
    pg.execute("CREATE VIEW public.mine AS SELECT 1 AS id")
    with pytest.raises(WarehouseError, match="is a view, which cannot be replaced"):
        warehouse.replace(Table("public", "mine", table.columns), Select("SELECT 2 AS id"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM gold.demo",
        "SELECT 1; DROP TABLE gold.demo",
        "COMMIT",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
        "CREATE TABLE gold.mine (id int)",
        "SELECT nextval('gold.counter')",
        "DO $$ BEGIN DELETE FROM gold.demo; END $$",
        "SET ROLE postgres",
        "SELECT 1) AS q; DROP TABLE gold.demo; SELECT * FROM (SELECT 1",
        "WITH gone AS (DELETE FROM gold.demo RETURNING 1) SELECT * FROM gone",
    ],
)
def test_reading_can_only_read(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], statement: str) -> None:
    warehouse.replace(demo(), numbers(3))
    pg.execute("CREATE SEQUENCE gold.counter")
    with pytest.raises(WarehouseError):
        warehouse.rows(statement)
    for name, value in (("role", "postgres"), ("session_authorization", "postgres")):
        with pytest.raises(WarehouseError):
            warehouse.rows("SELECT set_config(%s, %s, false)", (name, value))
    assert pg.execute("SELECT count(*) FROM gold.demo").fetchone() == (3,)


def test_reading_takes_any_query(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(demo(), numbers(3))
    assert warehouse.rows("TABLE gold.demo -- all of it", limit=1) == [{"id": 1, "amount": Decimal("1.50")}]
    assert warehouse.rows("WITH x AS (SELECT 1 AS a) SELECT a, '%' AS sign FROM x ORDER BY a;") == [
        {"a": 1, "sign": "%"}
    ]
    descending = "SELECT id FROM gold.demo ORDER BY id DESC"
    assert [row["id"] for row in warehouse.rows(descending)] == [3, 2, 1]


def test_a_killed_write_leaves_the_old_rows_and_is_cleaned_up(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    warehouse.replace(demo(), numbers(3))
    slow = Select("SELECT 1 AS id, 1 AS amount FROM (SELECT pg_sleep(30)) AS s")
    outcome: list[Exception] = []

    def write() -> None:
        try:
            warehouse.replace(demo(), slow, origin=Origin("r" * 36, "gold.demo"))
        except WarehouseError as error:
            outcome.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    killed = False
    while not killed:
        killed = bool(
            pg.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'tributary gold.demo rrrrrrrr' AND query LIKE '%%asset=gold.demo%%pg_sleep%%'"
            ).fetchall()
        )
    thread.join()
    assert len(outcome) == 1
    pg.execute("CREATE TABLE _parts.stray (id int)")
    prefix = pg.execute(
        "SELECT substr(relname, 1, 18) FROM pg_class "
        "WHERE relnamespace = '_parts'::regnamespace AND relname LIKE '%demo%'"
    ).fetchone()
    assert prefix is not None
    pg.execute(f'CREATE TABLE _parts."{prefix[0]}deadbeef" (id int)')
    warehouse.replace(demo(), numbers(4))
    parts = pg.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = '_parts'::regnamespace AND relname ~ '_demo_|stray'"
    ).fetchall()
    assert len(parts) == 2  # the table's one partition, and the stranger that is none of ours
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 4}]


def test_an_unreachable_server_is_one_sentence_without_secrets() -> None:
    warehouse = PostgresWarehouse(lambda: "postgresql://me:hunter2@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(WarehouseError) as refused:
        warehouse.rows("SELECT 1")
    assert "tributary up" in str(refused.value)
    assert "hunter2" not in str(refused.value)
