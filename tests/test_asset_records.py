"""What is read of Dagster's storage by SQL is what an instance tells, in each state that assets can be in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from tributary.asset_graph import graph_of
from tributary.asset_records import Partitions, Records
from tributary.assets.source import Source
from tributary.freshness import Why, records_of, why_stale
from tributary.instance.opening import open_instance
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05")


class World:
    """Days that are read by a summary beside a plain source; versions and failures are the test's to say."""

    def __init__(self, instance: dg.DagsterInstance, url: str) -> None:
        self.instance, self.url = instance, url
        self.versions = {"source": "1", "days": "1"}
        self.fails, self.code = False, "1"

    def _assets(self) -> list[dg.AssetsDefinition]:
        @dg.asset(key=["core", "source"], code_version="1")
        def source() -> dg.MaterializeResult[Any]:
            version = dg.DataVersion(self.versions["source"])
            return dg.MaterializeResult(data_version=version, metadata={"dagster/row_count": 7})

        @dg.asset(key=["core", "days"], partitions_def=DAYS, code_version="1")
        def days() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(data_version=dg.DataVersion(self.versions["days"]))

        @dg.asset(key=["gold", "summary"], deps=[source, days], code_version=self.code)
        def summary() -> None:
            if self.fails:
                raise dg.Failure("no", allow_retries=False)

        return [source, days, summary]

    def make(self, name: str, partition: str | None = None) -> str:
        assets = self._assets()
        chosen = [one for one in assets if one.key.path[-1] == name]
        run = dg.materialize(
            assets, instance=self.instance, selection=chosen, partition_key=partition, raise_on_error=False
        )
        return run.run_id

    def stale(self) -> dict[str, tuple[Why, ...]]:
        """What is out of date, which both ways of reading must agree on."""
        graph = graph_of(
            dg.Definitions(assets=self._assets()).resolve_implicit_global_asset_job_def().asset_layer.asset_graph
        )
        made, other = records_of(graph, self.instance)
        with psycopg.connect(self.url) as connection:
            self.records = Records(graph, connection)
            assert self.records.made == made
            assert self.records.stale == why_stale(graph, made, other)
            _ = self.records.partitions
        return dict(self.records.stale)


@pytest.fixture
def world(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for name in ("DAGSTER_HOME", "DAGSTER_POSTGRES_URL", "DAGSTER_EVENT_BATCH_SIZE"):
        monkeypatch.setenv(name, "")
    with open_instance(Settings(_env_file=None, home=tmp_path), databases) as instance:
        instance.wipe()
        yield World(instance, databases.url("dagster"))
        instance.wipe()


def test_each_state_is_told_with_its_reason(world: World) -> None:
    assert world.stale() == dict.fromkeys(("core.source", "core.days", "gold.summary"), (Why("never made"),))
    world.make("source")
    for day in ("2024-01-01", "2024-01-03"):
        world.make("days", day)
    world.make("summary")
    assert world.stale() == {}
    assert world.records.rows == {"core.source": 7}
    assert world.records.partitions == {"core.days": Partitions(2, None)}

    world.make("source")
    world.make("days", "2024-01-01")
    assert world.stale() == {}, "what was made again the same is no reason"
    world.versions["days"] = "2"
    world.make("days", "2024-01-03")
    assert world.stale() == {"gold.summary": (Why("input", "core.days"),)}
    world.versions["source"] = "2"
    world.make("source")
    world.code = "2"
    assert world.stale() == {"gold.summary": (Why("code"), Why("input", "core.days"), Why("input", "core.source"))}

    world.fails = True
    failed = world.make("summary")
    assert world.stale()["gold.summary"][0] == Why("code")
    assert world.records.failed == {"gold.summary": failed}
    world.fails = False
    world.make("summary")
    assert world.stale() == {}
    assert world.records.failed == {}
    assert str(Why("input", "core.days")) == "core.days changed"


def test_missing_partitions_are_counted_where_none_may_be_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asset(key: str, group: str, *kinds: str, days: dg.PartitionsDefinition[str] = DAYS) -> dg.AssetsDefinition:
        @dg.asset(key=key.split("."), group_name=group, kinds=set(kinds), partitions_def=days)
        def made() -> None: ...

        return made

    months = dg.MonthlyPartitionsDefinition("2024-01-01", end_date="2024-07-01")
    assets = [
        asset("raw.pulled", "pulled"),
        asset("gold.months", "models", "sql", days=months),
        asset("raw.arrived", "arriving"),
        asset("gold.of_arrived", "arriving", "sql"),
    ]
    for key, days in (("pulled", (1, 4)), ("arrived", (1, 4)), ("months", (2,))):
        chosen = [one for one in assets if one.key.path[-1] == key]
        for day in days:
            name = f"2024-0{day}-01" if key == "months" else f"2024-01-0{day}"
            dg.materialize(assets, instance=world.instance, selection=chosen, partition_key=name)
    monkeypatch.setattr("tributary.asset_records.get_sources", lambda: [Source("pulled", every_partition=True)])
    graph = graph_of(dg.Definitions(assets=assets).resolve_implicit_global_asset_job_def().asset_layer.asset_graph)
    with psycopg.connect(world.url) as connection:
        assert Records(graph, connection).partitions == {
            "raw.pulled": Partitions(2, 2),
            "gold.months": Partitions(1, 5),
            "raw.arrived": Partitions(2, None),
            "gold.of_arrived": Partitions(0, None),
        }
