"""The one verb, replace: what readers see, what survives, what is refused, what a crash leaves."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tributary.resources.warehouse.base import Batches, Origin, Select
from tributary.resources.warehouse.checks import AcceptedValues, Expression, NotNull, References, Unique
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range, Sources


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


def test_readers_never_see_a_missing_empty_or_half_table(warehouse: PostgresWarehouse, database_url: str) -> None:
    warehouse.replace(demo(), numbers(1000))
    seen: set[int] = set()
    problems: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        with psycopg.connect(database_url, autocommit=True) as reader:
            while not done.is_set():
                try:
                    row = reader.execute("SELECT count(*) FROM gold.demo").fetchone()
                except psycopg.Error as error:
                    problems.append(error)
                    return
                seen.add(row[0] if row else -1)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for count in (2000, 1000, 2000, 1000, 2000):
        warehouse.replace(demo(), numbers(count))
    done.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert seen <= {1000, 2000}
    assert len(seen) == 2


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


def test_blocking_checks_keep_the_old_rows_and_show_offenders(warehouse: PostgresWarehouse) -> None:
    table = demo(
        checks=(
            Unique(("id",)),
            NotNull(("amount",)),
            Expression("amount < 100 and '50%' <> ''", title="amounts_are_small"),
            AcceptedValues("id", tuple(range(1, 50)), severity="warn"),
        )
    )
    warehouse.replace(table, numbers(3))
    bad = Select("SELECT g % 2 AS id, CASE WHEN g < 3 THEN 500 END AS amount FROM generate_series(1, 4) AS g")
    with pytest.raises(ChecksFailed) as failed:
        warehouse.replace(table, bad)
    outcome = {result.check.name: (result.failures, result.blocks) for result in failed.value.results}
    assert outcome == {
        "unique_id": (2, True),
        "not_null_amount": (2, True),
        "amounts_are_small": (2, True),
        "accepted_values_id": (2, False),
    }
    assert "id=" in str(failed.value)
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 3}]
    leftovers = warehouse.rows(
        "SELECT count(*) AS n FROM pg_class WHERE relnamespace = '_parts'::regnamespace AND relname LIKE '%_demo_%'"
    )
    assert leftovers == [{"n": 1}]


def test_a_warning_is_reported_and_published(warehouse: PostgresWarehouse) -> None:
    table = demo(checks=(Expression("id < 3", title="ids_are_small", severity="warn"),))
    report = warehouse.replace(table, numbers(5))
    assert [(result.failures, result.blocks) for result in report.checks] == [(3, False)]
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 5}]


def test_references_are_checked_against_the_other_table(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(demo(), numbers(3))
    child = Table(
        "core", "child", (Column("demo_id", "integer", "D."),), checks=(References("demo_id", "gold", "demo", "id"),)
    )
    warehouse.replace(child, Select("SELECT 2 AS demo_id UNION ALL SELECT NULL"))
    with pytest.raises(ChecksFailed, match="demo_id=9"):
        warehouse.replace(child, Select("SELECT 9 AS demo_id"))


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


def test_a_window_replaces_exactly_its_rows_and_again_is_the_same(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1, 2), window=a_day(1))
    warehouse.replace(DAYS, day_rows(2, 3), window=a_day(2))
    for _ in range(2):
        warehouse.replace(DAYS, day_rows(2, 4, 5), window=a_day(2))
        assert warehouse.rows("SELECT id FROM core.days ORDER BY id") == [{"id": i} for i in (1, 2, 4, 5)]


def test_a_window_by_source_replaces_the_rows_of_those_sources(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1), window=Sources("source", ["f1"]))
    warehouse.replace(DAYS, day_rows(2, 2), window=Sources("source", ["f2"]))
    warehouse.replace(DAYS, day_rows(1, 7), window=Sources("source", ["f1", "f3"]))
    assert warehouse.rows("SELECT id FROM core.days ORDER BY id") == [{"id": 2}, {"id": 7}]


def test_a_window_refuses_rows_outside_it_and_keys_that_stand_elsewhere(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(DAYS, day_rows(1, 1), window=a_day(1))
    with pytest.raises(WarehouseError, match="outside the window"):
        warehouse.replace(DAYS, Batches(day_batch(3, 9)), window=a_day(2))
    warehouse.replace(DAYS, day_rows(3, 9), window=a_day(2))  # of a SELECT, the window takes its own rows
    with pytest.raises(ChecksFailed, match="unique_id"):
        warehouse.replace(DAYS, day_rows(2, 1), window=a_day(2))
    assert warehouse.rows("SELECT id FROM core.days") == [{"id": 1}]


def test_views_are_models_too_and_are_checked(warehouse: PostgresWarehouse) -> None:
    warehouse.replace(demo(), numbers(3))
    view = Table("gold", "seen", (Column("id", "bigint", "Id."),), kind="view", checks=(Unique(("id",)),))
    assert warehouse.replace(view, Select("SELECT id FROM gold.demo")).rows == 3
    assert warehouse.rows("SELECT pg_typeof(id)::text AS t FROM gold.seen LIMIT 1") == [{"t": "bigint"}]
    with pytest.raises(ChecksFailed):
        warehouse.replace(view, Select("SELECT 1 AS id FROM gold.demo"))
    assert warehouse.rows("SELECT count(DISTINCT id) AS n FROM gold.seen") == [{"n": 3}]
    with pytest.raises(WarehouseError, match="is a view"):
        warehouse.replace(Table("gold", "seen", (Column("id", "bigint", "Id."),)), Select("SELECT 1 AS id"))


def test_arrow_goes_in_and_comes_out_unchanged(warehouse: PostgresWarehouse) -> None:
    table = Table(
        "core",
        "things",
        (
            Column("n", "bigint", "N."),
            Column("x", "double", "X."),
            Column("ok", "boolean", "Ok."),
            Column("t", "text", "T."),
            Column("d", "date", "D."),
            Column("at", "timestamp", "At."),
            Column("price", "decimal(10,2)", "Price."),
        ),
    )
    rows = pa.table(
        {
            "n": pa.array([1, None, -(2**62)], pa.int64()),
            "x": pa.array([0.1, None, 1e300], pa.float64()),
            "ok": pa.array([True, False, None]),
            "t": pa.array(["", None, 'a,"b"\nc é']),
            "d": pa.array([0, None, 20000], pa.date32()),
            "at": pa.array([0, None, 1_700_000_000_123_456], pa.timestamp("us")),
            "price": pa.array([None, 1, 2], pa.decimal128(10, 2)),
        }
    )
    warehouse.replace(table, Batches(rows.to_batches()))
    assert warehouse.arrow("SELECT * FROM core.things").equals(rows)
    assert warehouse.arrow("SELECT n FROM core.things WHERE n = %s", (1,)).to_pydict() == {"n": [1]}
    empty = warehouse.arrow("SELECT * FROM core.things WHERE n = 5")
    assert empty.num_rows == 0
    assert empty.schema == rows.schema


def test_arrow_with_other_columns_is_refused(warehouse: PostgresWarehouse) -> None:
    with pytest.raises(WarehouseError, match="declares id, amount"):
        warehouse.replace(demo(), Batches(pa.table({"id": [1]}).to_batches()))


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


def test_two_writers_of_one_table_take_turns(warehouse: PostgresWarehouse) -> None:
    errors: list[Exception] = []

    def write(count: int) -> None:
        try:
            warehouse.replace(demo(), numbers(count))
        except WarehouseError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(count,)) for count in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo")[0]["n"] in (10, 20, 30, 40)


def test_an_unreachable_server_is_one_sentence_without_secrets() -> None:
    warehouse = PostgresWarehouse(lambda: "postgresql://me:hunter2@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(WarehouseError) as refused:
        warehouse.rows("SELECT 1")
    assert "tributary up" in str(refused.value)
    assert "hunter2" not in str(refused.value)
