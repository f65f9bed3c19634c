"""Copies of another engine's tables in Postgres: a real Trino, real runs, and the data API over the copy."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests.api.conftest import THINGS, Shop, entry, things
from tests.gateway.serving import served
from tests.running_trino import RunningTrino
from tributary.assets.factory.serving_asset import SERVING, serving_asset, serving_key, serving_view
from tributary.assets.factory.specs import FORCE
from tributary.assets.platform.tables import TABLE_FRESHNESS
from tributary.catalogue import Catalogue
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits
from tributary.resources.principal import OWNER, with_principal
from tributary.resources.serving import Serving
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import Batches, Rejected, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresEngine, PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.web.api.app import build
from tributary.web.api.exports import Exports
from tributary.web.api.rows import Source
from tributary.web.quarantine import reading

pytestmark = pytest.mark.xdist_group("trino")

CHEAP = Table(
    "core", "cheap_things", (Column("id", "integer", "Number."), Column("name", "text", "Name.")), kind="view"
)
OTHER = Table("core", "other_things", (Column("id", "integer", "Number."),))


class Copying:
    """Tables on Trino, and their copies."""

    def __init__(self, trino: Warehouse, serving: PostgresWarehouse) -> None:
        self.trino, self.serving = trino, serving
        self.instance = dg.DagsterInstance.ephemeral()
        self.assets = {table.key: serving_asset(table, source="shop") for table in (THINGS, CHEAP)}
        self.assets[TABLE_FRESHNESS.key] = serving_view(TABLE_FRESHNESS, source="platform")

    def put(self, rows: list[dict[str, Any]]) -> None:
        self.trino.replace(THINGS, Batches(batches(THINGS, rows)))

    def run(self, table: Table = THINGS, **tags: str) -> dg.ExecuteInProcessResult:
        resources = {"warehouse": self.trino, SERVING: self.serving}
        return dg.materialize(
            [self.assets[table.key]], resources=resources, instance=self.instance, tags=tags, raise_on_error=False
        )

    def told(self, table: Table = THINGS, **tags: str) -> dict[str, Any]:
        """What the asset's materialisation tells."""
        # The step is called by the asset's key, by which the command line follows it.
        step = serving_key(table).replace(".", "__")
        (made,) = self.run(table, **tags).asset_materializations_for_node(step)
        assert ".".join(made.asset_key.path) == serving_key(table)
        return {label: value.value for label, value in made.metadata.items()}

    def rows(self, warehouse: Warehouse, table: Table = THINGS) -> list[dict[str, Any]]:
        return warehouse.rows(f"SELECT * FROM {table.sql_name} ORDER BY id")

    def version(self) -> str | None:
        return self.serving.publication(THINGS).version


@pytest.fixture
def copying(trino_server: RunningTrino, warehouse: PostgresWarehouse) -> Copying:
    trino_server.wipe()
    return Copying(Warehouse(trino_server.engine()), warehouse)


def test_a_table_is_copied_whole_when_it_was_published_anew_and_left_alone_else(copying: Copying) -> None:
    copying.put(things())
    assert copying.told()["dagster/row_count"] == 60
    assert copying.rows(copying.serving) == copying.rows(copying.trino) == things()
    first, noted = copying.version(), copying.trino.publication(THINGS).note
    copied = copying.serving.publication(THINGS).note
    assert noted is not None
    assert copied is not None
    assert (copied.updated_at, copied.checks) == (noted.updated_at, {"unique_id": 0})

    assert copying.told()["unchanged"] is True
    assert copying.version() == first
    assert "seconds" in copying.told(**{FORCE: "true"})

    copying.put(things(1)[:30])
    assert copying.told()["dagster/row_count"] == 30
    assert copying.rows(copying.serving) == things(1)[:30]
    assert copying.version() != first


def test_a_view_becomes_a_table_that_follows_what_the_view_reads(copying: Copying) -> None:
    copying.put(things())
    copying.trino.replace(CHEAP, Select("SELECT id, name FROM gold.things WHERE id < 5"))
    assert copying.told(CHEAP)["dagster/row_count"] == 4
    assert copying.rows(copying.serving, CHEAP) == copying.rows(copying.trino, CHEAP)
    assert copying.told(CHEAP)["unchanged"] is True
    copying.put(things()[:2])
    assert copying.told(CHEAP)["dagster/row_count"] == 2


def test_what_is_not_on_the_engine_fails_in_a_sentence_and_leaves_the_copy(copying: Copying) -> None:
    copying.put(things())
    copying.told()
    copying.trino._engine._catalogue.drop_table(THINGS.key)  # type: ignore[attr-defined]
    result = copying.run()
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "gold.things" in str(failure.step_failure_data.error)
    assert copying.rows(copying.serving) == things()


def test_how_fresh_tables_are_is_told_of_the_copy_itself(copying: Copying) -> None:
    copying.told(TABLE_FRESHNESS)
    copying.put(things())
    copying.told()
    (row,) = copying.serving.rows("SELECT * FROM gold.table_freshness")
    noted = copying.trino.publication(THINGS).note
    assert noted is not None
    assert noted.updated_at is not None
    assert (row["table_name"], row["rows"]) == ("things", 60)
    assert row["updated_at"] == noted.updated_at.replace(tzinfo=None)


@pytest.mark.parametrize("dies_at", ["build", "publish"])
def test_a_copy_that_is_killed_leaves_the_old_rows_and_the_next_one_makes_it_good(
    copying: Copying, database_url: str, dies_at: str
) -> None:
    copying.put(things())
    copying.told()
    copying.put(things(1))
    seen, stop = set[str](), threading.Event()

    def read() -> None:
        reader = PostgresWarehouse(lambda: database_url)
        while not stop.is_set():
            rows = reader.rows("SELECT count(*) AS n, sum(price) AS total FROM gold.things")[0]
            seen.add(f"{rows['n']} {rows['total']}")

    watching = threading.Thread(target=read)
    watching.start()
    child = os.fork()
    if child == 0:
        _die_copying(copying, database_url, dies_at)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert copying.rows(copying.serving) == things()
    assert copying.told()["dagster/row_count"] == 60
    stop.set()
    watching.join()
    assert copying.rows(copying.serving) == things(1)
    totals = [sum(row["price"] or 0 for row in things(version)) for version in (0, 1)]
    assert seen <= {f"60 {total}" for total in totals}


def _die_copying(copying: Copying, url: str, dies_at: str) -> None:
    """Copy as the asset does, and die in the middle of it."""
    from tests.warehouse.contract.test_crashes import DyingEngine

    dying = Warehouse(DyingEngine(PostgresEngine(lambda: url), dies_at, "before"))  # type: ignore[arg-type]
    if dies_at == "build":
        dying = Warehouse(PostgresEngine(lambda: url))

        def half() -> Iterator[Any]:
            yield from copying.trino.batches(THINGS)
            os._exit(9)

        dying.replace(replace(THINGS, checks=()), Batches(half()))
    dying.replace(replace(THINGS, checks=()), Batches(copying.trino.batches(THINGS)))
    os._exit(1)


def test_the_data_api_answers_from_the_copy_and_says_of_others_where_they_are(
    copying: Copying, database_url: str, tmp_path: Path
) -> None:
    entries = [replace_entry(THINGS, served=True), replace_entry(CHEAP, served=True, reads=("gold.things",))]
    catalogue = Catalogue("d", (*entries, replace_entry(OTHER)))
    serving = Serving(database_url, copy_of="Trino")
    app = build(Source(catalogue, serving, Exports(tmp_path, lambda: database_url)), [])

    async def gated(scope: Any, receive: Any, send: Any) -> None:
        await app(with_principal(scope, OWNER), receive, send)

    with served(gated, Policy(), limits=Limits()) as server:
        shop = Shop(server.port)
        early = shop.get("/tables/gold.things/rows")
        assert early.status_code == 404
        assert "its copy from Trino" in early.json()["detail"]
        copying.put(things())
        copying.trino.replace(CHEAP, Select("SELECT id, name FROM gold.things WHERE id < 5"))
        copying.told()
        copying.told(CHEAP)
        answer = shop.get("/tables/gold.things/rows", params={"limit": 10_000, "order": "id"})
        assert [row["id"] for row in answer.json()["rows"]] == [row["id"] for row in things()]
        noted = copying.trino.publication(THINGS).note
        assert noted is not None
        assert noted.updated_at is not None
        assert answer.json()["updated_at"].startswith(noted.updated_at.isoformat()[:19])
        held = {"If-None-Match": answer.headers["ETag"]}
        asked = {"limit": 10_000, "order": "id"}
        copying.told()
        assert shop.get("/tables/gold.things/rows", params=asked, headers=held).status_code == 304
        assert [row["id"] for row in shop.rows("/tables/core.cheap_things/rows", order="id")] == [1, 2, 3, 4]
        other = shop.get("/tables/core.other_things/rows")
        assert other.status_code == 404
        assert other.json()["detail"] == (
            "core.other_things is in Trino alone, as no page is about it: ask it by `tributary query`."
        )
        copying.put(things(1))
        copying.told()
        assert shop.get("/tables/gold.things/rows", params=asked, headers=held).status_code == 200


def replace_entry(table: Table, **more: Any) -> Any:
    """A table as the catalogue has it, with other things said of it."""
    import msgspec

    return msgspec.structs.replace(entry(table), freshness=timedelta(days=1), **more)


def test_the_pages_of_the_quarantine_ask_the_engine_itself(copying: Copying) -> None:
    assert reading.kinds(copying.trino) == []
    exact = b"\xff\x00 not text"
    rejects = {
        "a.csv": [Rejected(n, n * 10, f"line {n} é".encode(), "too short") for n in range(1, reading.PAGE + 3)],
        "b'%s.csv": [Rejected(1, 0, exact, "no number"), Rejected(2, 9, b"x" * 5000, "too long")],
    }
    copying.trino.reject("staged.things", rejects)
    assert [(one.reason, one.records, one.sources) for one in reading.kinds(copying.trino)] == [
        ("too short", reading.PAGE + 2, 1), ("no number", 1, 1), ("too long", 1, 1),
    ]  # fmt: skip
    first, after = reading.records(copying.trino, reading.Wanted("staged.things"), "")
    second, end = reading.records(copying.trino, reading.Wanted("staged.things"), after)
    assert [one.number for one in (*first, *second)] == [*range(1, reading.PAGE + 3), 1, 2]
    assert (end, first[0].raw, first[0].size) == ("", "line 1 é".encode(), 9)
    assert (second[-2].raw, len(second[-1].raw), second[-1].size) == (exact, 4096, 5000)
    record, whole = reading.raw_of(copying.trino, "staged.things", "b'%s.csv", 2)
    assert (record.reason, whole) == ("too long", b"x" * 5000)
    (found,), _ = reading.records(copying.trino, reading.Wanted(reason="no number", source="'%s"), "")
    assert found.raw == exact
