"""What an environment writes and records, who may read it, and how it is published and dropped beside readers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tributary.assets.factory.model_reading import load_models
from tributary.assets.factory.sql_assets import write_model
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import NOBODY, Batches, Rejected, Select, WriteReport
from tributary.resources.warehouse.checks import NotNull, References, Unique
from tributary.resources.warehouse.counting import Reckoning, Reconcile
from tributary.resources.warehouse.environments import dropping, promoting
from tributary.resources.warehouse.environments.engine import EnvironmentEngine
from tributary.resources.warehouse.environments.holding import environments, held, schemas_of
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.environments.promoting import Promotion, promote
from tributary.resources.warehouse.environments.recording import AsPublished
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.postgres.session import Session, open_session
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine, PostgresWarehouse
from tributary.resources.warehouse.table import Column, Deduplication, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

DEV = Environment("dev")
SHOPS = Table("core", "shops", (Column("shop", "integer", "S."),), checks=(NotNull(("shop",)), Unique(("shop",))))
SALES = Table(
    "gold",
    "sales",
    (Column("shop", "integer", "S."), Column("n", "bigint", "N.")),
    checks=(References("shop", "core", "shops", "shop"),),
)
CALLS = Table(
    "staged",
    "calls",
    (Column("id", "integer", "Id."), Column("source", "text", "Source.")),
    deduplicate=Deduplication(("id",), ("source",)),
)
BY_SOURCE = (Column("source", "text", "Source."), Column("n", "bigint", "Calls."))
READ = "SELECT count(*) AS n FROM gold.sales"


def shops(count: int) -> Select:
    return Select(f"SELECT i AS shop FROM generate_series(1, {count}) AS i")


def of_shops(words: str = "count(*)") -> Select:
    return Select(f"SELECT shop, {words} AS n FROM core.shops GROUP BY shop")


def writable(url: str, environment: Environment) -> EnvironmentEngine:
    engine = EnvironmentEngine(lambda: url, None, environment)
    engine.reads = {}
    return engine


class World:
    """Production with three shops, and an environment with five."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.production = PostgresWarehouse(lambda: url)
        self.dev = Warehouse(writable(url, DEV))
        self.production.replace(SHOPS, shops(3))
        self.production.replace(SALES, of_shops())
        self.dev.replace(SHOPS, shops(5))
        self.dev.replace(SALES, of_shops())

    @contextmanager
    def session(self) -> Iterator[Session]:
        with open_session(self.url, NOBODY) as session:
            yield session

    def promote(self) -> None:
        with self.session() as session:
            promote(session, Promotion(DEV, [SHOPS, SALES], {}))

    def drop(self) -> int:
        with self.session() as session:
            return dropping.drop(session, DEV)

    @property
    def counts(self) -> tuple[int, int]:
        """Rows of gold.sales in production and in the environment."""
        return self.production.rows(READ)[0]["n"], self.dev.rows(READ)[0]["n"]


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


def test_checks_look_into_the_environments_tables(world: World) -> None:
    assert world.counts == (3, 5)
    with pytest.raises(ChecksFailed, match="references_shop_shops failed for 1"):
        world.dev.replace(SALES, Select("SELECT 6 AS shop, 1 AS n"))
    assert world.counts == (3, 5)


def test_only_who_notes_what_was_made_may_write(world: World) -> None:
    other = Warehouse(EnvironmentEngine(lambda: world.url, None, DEV))
    with pytest.raises(WarehouseError, match=r"by `tributary --env dev materialize` alone"):
        other.replace(SHOPS, shops(1))
    with pytest.raises(WarehouseError, match="alone"):
        other.reject("raw.calls", {"a": ()})
    assert world.counts == (3, 5)


def test_objects_that_were_loaded_and_what_did_not_fit_are_recorded_beside(
    world: World, pg: psycopg.Connection[Any]
) -> None:
    def load(warehouse: Warehouse, mark: str, bad: int) -> None:
        rows = Batches(batches(CALLS, iter([{"id": 1, "source": "a"}])))
        warehouse.reject("raw.calls", {"a": [Rejected(n, 0, b"?", mark) for n in range(bad)]})
        warehouse.replace(CALLS, rows, window=SourceObjects("source", ["a"]), fingerprints={"a": mark})

    load(world.production, "old", 1)
    records = ("_parts.loaded_sources", "quarantine.rejected_rows", "_parts.change_readers", "_parts.changes")

    def recorded() -> list[list[Any]]:
        return [pg.execute(f"SELECT t::text FROM {name} AS t ORDER BY 1").fetchall() for name in records]

    before = recorded()
    assert world.dev.published_sources(CALLS) == {}
    load(world.dev, "new", 2)
    assert world.dev.published_sources(CALLS) == {"a": "new"}
    assert [one.count for one in world.dev.rejected()] == [2]
    assert recorded() == before
    with world.session() as session:
        promote(session, Promotion(DEV, [CALLS, SHOPS, SALES], {}))
    assert world.production.published_sources(CALLS) == {"a": "new"}
    assert [(one.table_name, one.source, one.count) for one in world.production.rejected()] == [("raw.calls", "a", 2)]
    assert world.dev.rejected() == []
    report = world.production.replace(
        CALLS, Batches(batches(CALLS, iter([{"id": 2, "source": "b"}]))), window=SourceObjects("source", ["b"])
    )
    assert report.table_rows == 2


def test_what_was_loaded_and_published_is_told_as_loads_are(world: World) -> None:
    counted = replace(CALLS, checks=(Reconcile(),))

    def load(warehouse: Warehouse, *ids: int) -> WriteReport:
        rows = batches(counted, iter([{"id": one, "source": "a"} for one in ids]))
        window = SourceObjects("source", ["a"] if ids else [])
        marks = {"a": "1"} if ids else {}
        return warehouse.replace(counted, Batches(rows, lambda: Reckoning(len(ids))), window=window, fingerprints=marks)

    load(world.dev, 1, 2)
    with world.session() as session:
        promote(session, Promotion(DEV, [counted], {}))
    telling = AsPublished(PostgresEngine(lambda: world.url))
    assert telling.published_sources(counted) == {"a": "1"}
    report = load(telling)
    assert (report.unchanged, report.table_rows, report.checks[0].passed) == (True, 2, True)
    # Of other writes no source is used up: it is the rows that stand which are told.
    report = telling.replace(SALES, Select("SELECT 1 / 0 AS shop, 1 AS n"))
    assert report.rows == 3
    assert world.counts == (3, 5)


def test_readers_of_production_read_the_environment_and_nobody_else(world: World, pg: psycopg.Connection[Any]) -> None:
    mark = os.urandom(4).hex()
    reader, other = f"reader_{mark}", f"other_{mark}"
    for role in (reader, other):
        pg.execute(f"CREATE ROLE {role}")
    try:
        pg.execute(f"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {other}")
        pg.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {other}")
        pg.execute(f"GRANT USAGE ON SCHEMA gold TO {reader}")
        pg.execute(f"GRANT SELECT (shop), INSERT ON gold.sales TO {reader}")
        world.dev.replace(SALES, of_shops("max(shop)"))

        def may(role: str, what: str) -> bool:
            pg.execute(f"SET ROLE {role}")
            try:
                pg.execute(what)
            except psycopg.errors.InsufficientPrivilege:
                return False
            else:
                return True
            finally:
                pg.execute("RESET ROLE")

        assert may(reader, "SELECT shop FROM dev__gold.sales")
        assert not may(reader, "SELECT n FROM dev__gold.sales")
        assert not may(reader, "INSERT INTO dev__gold.sales (shop) VALUES (1)")
        assert not may(other, "SELECT shop FROM dev__gold.sales")
        assert not may(other, "SELECT * FROM dev___parts.made")
        pg.execute(f"REVOKE ALL ON gold.sales FROM {reader}")
        world.dev.replace(SALES, of_shops())
        assert not may(reader, "SELECT shop FROM dev__gold.sales")
        pg.execute(f"GRANT SELECT ON gold.sales TO {reader}")
        pg.execute("ALTER TABLE gold.sales ENABLE ROW LEVEL SECURITY")
        world.dev.replace(SALES, of_shops())
        assert not may(reader, "SELECT shop FROM dev__gold.sales"), "policies are production's alone"
        world.promote()
        assert may(reader, "SELECT shop FROM gold.sales")
    finally:
        for role in (reader, other):
            pg.execute(f"DROP OWNED BY {role}")
            pg.execute(f"DROP ROLE {role}")


MODEL = """/*
description: Calls by source.
grain: one row a source
incremental: {{keys: [source]}}
columns:
  source: {{type: text, description: "Source."}}
  n: {{type: bigint, description: "Calls."}}
checks:
  - not_null: [source]
*/
SELECT c.source, {n} AS n FROM staged.calls AS c GROUP BY c.source
"""


def test_what_follows_by_keys_does_so_after_its_promotion(world: World, tmp_path: Path) -> None:
    def calls(count: int, *sources: str) -> None:
        rows = [{"id": hash_of(one, n), "source": one} for one in sources for n in range(count)]
        window = SourceObjects("source", sources)
        world.production.replace(CALLS, Batches(batches(CALLS, iter(rows))), window=window)

    def hash_of(source: str, n: int) -> int:
        return int(source) * 10 + n

    def write(warehouse: Warehouse, n: str) -> WriteReport:
        path = tmp_path / "shop" / "gold" / "by_source.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODEL.format(n=n))
        model = load_models(tmp_path, [CALLS])["gold.by_source"]
        return write_model(warehouse, model, None, NOBODY)[0]

    calls(1, *map(str, range(100)))
    write(world.production, "count(*)")
    assert write(world.dev, "cast(count(*) * 2 as bigint)").keys is None
    with world.session() as session:
        promote(session, Promotion(DEV, [Table("gold", "by_source", BY_SOURCE)], {}))
    assert write(world.production, "cast(count(*) * 2 as bigint)").unchanged
    calls(2, "7")
    report = write(world.production, "cast(count(*) * 2 as bigint)")
    assert (report.keys, report.rows) == (1, 1)
    assert world.production.rows("SELECT sum(n) AS n FROM gold.by_source") == [{"n": 202}]


@pytest.mark.parametrize("step", ["_move_records", "move_note", "take_turn"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_a_promotion_production_has_the_old_rows_and_it_can_be_done_again(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    found: Callable[..., None] = getattr(promoting, step)

    def last(*arguments: Any, **named: Any) -> None:
        if when == "after":
            found(*arguments, **named)
        os._exit(9)

    child = os.fork()
    if not child:
        monkeypatch.setattr(promoting, step, last)
        world.promote()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert world.counts == (3, 5)
    world.promote()
    assert world.counts == (5, 5)
    with world.session() as session:
        assert held(session, DEV) == frozenset()


def test_readers_see_all_of_the_old_rows_or_all_of_the_new(world: World) -> None:
    seen: set[tuple[int, int]] = set()
    stop = threading.Event()

    def read() -> None:
        with psycopg.connect(world.url, autocommit=True) as connection:
            while not stop.is_set():
                both = "SELECT (SELECT count(*) FROM core.shops), (SELECT count(*) FROM gold.sales)"
                seen.add(connection.execute(both).fetchone() or (0, 0))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for count in (4, 6, 8):
            world.dev.replace(SHOPS, shops(count))
            world.dev.replace(SALES, of_shops())
            world.promote()
    finally:
        stop.set()
        reader.join()
    assert seen <= {(3, 3), (4, 4), (6, 6), (8, 8)}
    assert (8, 8) in seen or world.counts[0] == 8


def test_an_old_snapshot_keeps_its_rows_and_does_not_keep_others_from_the_new(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoting, "MOST_PATIENCE", 0.2)
    with psycopg.connect(world.url) as old:
        old.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        assert old.execute("SELECT count(*) FROM gold.sales").fetchone() == (3,)
        old.execute("SELECT count(*) FROM core.shops")
        world.promote()
        assert world.counts == (5, 5)
        assert old.execute("SELECT count(*) FROM gold.sales").fetchone() == (3,)
        more = Table("gold", "sales", (*SALES.columns, Column("m", "integer", "M.")))
        world.dev.replace(more, Select("SELECT 1 AS shop, 2 AS n, 3 AS m"))
        with pytest.raises(WarehouseError, match="Nothing was published"), world.session() as session:
            promote(session, Promotion(DEV, [more], {}))
    assert world.counts == (5, 1)


def test_what_others_hung_on_it_is_left_and_named(world: World, pg: psycopg.Connection[Any]) -> None:
    pg.execute("CREATE VIEW public.mine AS SELECT * FROM dev__gold.sales")
    for act in (world.promote, world.drop):
        with pytest.raises(WarehouseError, match="view mine"):
            act()
    assert pg.execute("SELECT count(*) FROM public.mine").fetchone() == (5,)
    pg.execute("DROP VIEW public.mine")
    pg.execute("CREATE TABLE dev__gold.own (n integer)")
    with pytest.raises(WarehouseError, match=r"dev__gold holds what no environment made \(table dev__gold\.own"):
        world.drop()
    pg.execute("DROP TABLE dev__gold.own")
    assert world.drop() == 0
    assert world.counts == (3, 3)


def test_dropping_waits_for_readers_and_takes_only_what_is_the_environments(
    world: World, pg: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Warehouse(writable(world.url, Environment("dev2")))
    other.replace(SHOPS, shops(2))
    monkeypatch.setattr(dropping, "MOST_PATIENCE", 0.5)
    with psycopg.connect(world.url) as reader:
        reader.execute("SELECT count(*) FROM dev__gold.sales")
        with pytest.raises(WarehouseError, match=r"dev__gold\.sales is read or written still"):
            world.drop()
        assert reader.execute("SELECT count(*) FROM dev__gold.sales").fetchone() == (5,)
    world.drop()
    assert world.counts == (3, 3)
    left = pg.execute("SELECT table_name FROM _parts.published_tables ORDER BY 1").fetchall()
    assert left == [("core.shops",), ("dev2__core.shops",), ("gold.sales",)]
    strays = "SELECT count(*) FROM pg_class WHERE relnamespace = '_parts'::regnamespace AND relname ~ '^[0-9a-f]{12}_'"
    assert pg.execute(f"{strays} AND relkind = 'r'").fetchone() == (3,)
    with world.session() as session:
        assert schemas_of(session, DEV) == []
        assert [one.name for one in environments(session)] == ["dev2"]
