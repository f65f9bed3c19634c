"""A home that was made under other names of assets: what is known of them goes by the names of now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from tests.instances import instance_of
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.sources import get_sources
from tributary.freshness import out_of_date
from tributary.instance import renamed
from tributary.instance.opening import open_instance
from tributary.instance.renamed import carry_over
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.warehouse import Warehouse

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-11")
WAS = {"raw.file": "raw.csv_file", "raw.days": "raw.json_days"}
NOW = {name: name for name in WAS.values()}


class Stop(Exception):
    """The process ends here."""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.model_validate({"home": tmp_path_factory.mktemp("renamed")})


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as found:
        yield found


@pytest.fixture
def instance(settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setattr(renamed, "_BATCH", 3)
    with instance_of(settings, databases) as found:
        found.wipe()
        yield found


class House:
    """A file and objects by day under the given names, tables that are made of them, and one of both."""

    def __init__(self, instance: dg.DagsterInstance, names: dict[str, str], version: str = "1") -> None:
        file, days = (asset_key(names[name]) for name in names)
        self.instance, self.file, self.days = instance, file, days

        @dg.multi_asset(specs=[dg.AssetSpec(file, code_version="1")])
        def raw_file() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(file, data_version=dg.DataVersion(version), metadata={"bytes": 7})

        @dg.multi_asset(
            specs=[dg.AssetSpec(days, partitions_def=DAYS, deps=[file])],
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def raw_days() -> dg.MaterializeResult[Any]:
            return dg.MaterializeResult(days, data_version=dg.DataVersion(version))

        @dg.asset(key=["staged", "file"], deps=[file], code_version="1")
        def staged_file() -> None: ...

        @dg.asset(key=["core", "fact"], deps=[["staged", "file"], days], code_version="1")
        def fact() -> None: ...

        self.assets = [raw_file, raw_days, staged_file, fact]
        self.defs = dg.Definitions(assets=self.assets)

    def make(self, *keys: dg.AssetKey, first: str = "2026-01-02", last: str = "2026-01-08") -> None:
        tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
        job = self.defs.resolve_implicit_global_asset_job_def()
        job.execute_in_process(instance=self.instance, asset_selection=list(keys) or None, tags=tags)

    def stale(self) -> list[str]:
        return out_of_date(self.defs, self.instance)


def nowhere() -> Warehouse:
    class Nothing:
        def rename_rejected(self, names: dict[str, str]) -> None: ...

    return Nothing()  # type: ignore[return-value]


def known(instance: dg.DagsterInstance, key: dg.AssetKey) -> dict[str | None, tuple[object, ...]]:
    """By partition, all that the newest materialisation tells, but its key and which events it read."""
    found: dict[str | None, tuple[object, ...]] = {}
    for record in instance.fetch_materializations(key, limit=1000, ascending=True).records:
        made = record.asset_materialization
        assert made is not None
        tags = {name.replace("raw/csv_", "raw/"): value for name, value in (made.tags or {}).items()}
        tags = {name: value for name, value in tags.items() if "pointer" not in name}
        found[record.partition_key] = (record.timestamp, record.run_id, made.metadata, tags)
    return found


def test_nothing_is_made_again_after_a_renaming(instance: dg.DagsterInstance) -> None:
    before = House(instance, {name: name for name in WAS})
    before.make()
    before.make(before.days, first="2026-01-08", last="2026-01-09")
    before.make(asset_key("core.fact"))
    file, days = known(instance, before.file), known(instance, before.days)
    assert carry_over(instance, WAS, nowhere) == 2
    after = House(instance, NOW)
    assert after.stale() == []
    assert (known(instance, after.file), known(instance, after.days)) == (file, days)
    assert instance.get_materialized_partitions(after.days) == {f"2026-01-0{day}" for day in range(2, 10)}
    assert not instance.has_asset_key(before.file)
    assert carry_over(instance, WAS, nowhere) == 0


def test_what_changes_afterwards_is_noticed(instance: dg.DagsterInstance) -> None:
    House(instance, {name: name for name in WAS}).make()
    carry_over(instance, WAS, nowhere)
    after = House(instance, NOW, version="2")
    after.make(after.file)
    assert after.stale() == ["staged/file", "core/fact"]


def test_what_was_behind_stays_behind(instance: dg.DagsterInstance) -> None:
    before = House(instance, {name: name for name in WAS})
    before.make()
    again = House(instance, {name: name for name in WAS}, version="2")
    again.make(again.file)
    carry_over(instance, WAS, nowhere)
    assert House(instance, NOW).stale() == ["staged/file", "core/fact"]


@pytest.mark.parametrize("step", [0, 1, 3, 4, 8, 9, 12, 13])
def test_a_renaming_that_is_killed_anywhere_is_begun_again(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = House(instance, {name: name for name in WAS})
    before.make()
    days = known(instance, before.days)
    storage, calls = instance.event_log_storage, iter(range(100))

    def dying(name: str) -> None:
        whole = getattr(storage, name)

        def call(*arguments: object) -> object:
            if next(calls) == step:
                raise Stop
            return whole(*arguments)

        monkeypatch.setattr(storage, name, call)

    for name in ("store_event_batch", "_materialized", "wipe_asset"):
        dying(name)
    with pytest.raises(Stop):
        carry_over(instance, WAS, nowhere)
    carry_over(instance, WAS, nowhere)
    after = House(instance, NOW)
    assert after.stale() == []
    assert known(instance, after.days) == days
    tags = instance.event_log_storage.get_latest_tags_by_partition(
        after.days, dg.DagsterEventType.ASSET_MATERIALIZATION, ["dagster/data_version"]
    )
    assert set(tags) == set(days)
    assert not instance.has_asset_key(before.days)


def test_opening_a_home_carries_over_what_sources_renamed(settings: Settings, databases: Databases) -> None:
    warehouse = open_warehouse(settings)
    with open_instance(settings, databases) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(["raw", "pledges"], tags={"of": "before"}))
    warehouse.reject("raw.pledges", {"b.csv": [Rejected(3, 20, b"\xff;", "no text")]})
    with open_instance(settings, databases) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["raw", "csv_pledges"]))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.tags == {"of": "before"}
    assert [(one.table_name, one.source, one.count) for one in warehouse.rejected()] == [
        ("raw.csv_pledges", "b.csv", 1)
    ]


def test_names_of_before_lead_to_assets_and_are_none() -> None:
    from tributary.definitions import defs

    keys = {".".join(key.path) for key in defs.resolve_asset_graph().get_all_asset_keys()}
    renamed_to = {former: name for source in get_sources() for former, name in source.formerly.items()}
    assert len(renamed_to) == 16
    assert set(renamed_to.values()) <= keys
    assert not keys & set(renamed_to)
