"""The named jobs of sources, the freshness of what people ask, and what graphs show of a table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import dagster as dg
import pytest

from tributary.assets.factory.specs import REFUSED
from tributary.automation.jobs import source_jobs
from tributary.automation.target_freshness import with_freshness
from tributary.definitions import defs, platform
from tributary.execution import Run

DAYS, HOURS = dg.DailyPartitionsDefinition("2024-01-01"), dg.HourlyPartitionsDefinition("2024-01-01-00:00")


def asset(name: str, **options: Any) -> dg.AssetsDefinition:
    @dg.asset(key=["gold", name], group_name="weather", backfill_policy=dg.BackfillPolicy.single_run(), **options)
    def made() -> None: ...

    return made


def keys_of(repository: dg.RepositoryDefinition, job: str) -> set[str]:
    graph = repository.get_job(job).asset_layer.asset_graph
    return {key.path[-1] for key in graph.materializable_asset_keys}


def test_each_source_has_a_job_of_all_that_is_its_own() -> None:
    repository = defs.get_repository_def()
    graph = repository.asset_graph
    for name in platform.parts:
        own = {key for key in graph.materializable_asset_keys if graph.get(key).group_name == name}
        # What only hangs on requests of reports has jobs of its own.
        asked = {f"report_{key.path[-1]}" for key in own if key.path[0] == "reports"} | {"ornament_report_summary"}
        others = {key.path[-1] for key in own if key.path[0] != "reports"}
        assert keys_of(repository, name) == others - asked


def test_sensors_and_schedules_of_a_source_ask_for_its_job() -> None:
    for name, parts in platform.parts.items():
        for one in (*parts.sensors, *parts.schedules):
            assert one.job_name == name


def test_a_job_holds_one_kind_of_partitions_and_nothing_that_is_refused() -> None:
    assets = [
        asset("days", partitions_def=DAYS),
        asset("more_days", partitions_def=DAYS),
        asset("hours", partitions_def=HOURS),
        asset("total"),
        asset("refused", tags={REFUSED: "true"}),
    ]
    repository = dg.Definitions(assets, jobs=source_jobs(assets, {"weather": "Readings."})).get_repository_def()
    assert keys_of(repository, "weather") == {"days", "more_days", "total"}
    assert repository.get_job("weather").description == "Readings."
    assert repository.get_job("weather").partitions_def == DAYS


def test_a_commands_run_has_the_name_of_the_source_that_it_makes() -> None:
    assets = [asset("total"), asset("other")]
    found = dg.Definitions(assets, jobs=source_jobs(assets, {}), executor=dg.in_process_executor)
    with dg.instance_for_test() as instance:
        run = Run(found, instance, [dg.AssetKey(["gold", "total"])])
        for _ in run.events():
            pass
        told = instance.get_run_by_id(run.run_id)
        assert told is not None
        assert (told.job_name, told.status) == ("weather", dg.DagsterRunStatus.SUCCESS)
        assert run.succeeded


@pytest.mark.parametrize(("may_sleep", "failed"), [(False, timedelta(days=2)), (True, timedelta(days=7))])
def test_tables_warn_past_their_target_and_a_laptop_that_slept_does_not_fail(
    may_sleep: bool, failed: timedelta
) -> None:
    policed = with_freshness({"gold.total": timedelta(days=1)}, may_sleep=may_sleep)
    policy = dg.FreshnessPolicy.time_window(failed, timedelta(days=1))
    assert policed(dg.AssetSpec(["gold", "total"])).freshness_policy == policy
    assert policed(dg.AssetSpec(["core", "fact"])).freshness_policy is None
    assert with_freshness({}, may_sleep=True)(dg.AssetSpec(["gold", "total"])).freshness_policy is None


def test_every_table_shows_its_layer_and_those_with_a_grain_their_grain() -> None:
    for one in platform.assets:
        for spec in one.specs:
            assert spec.key.path[0] in spec.kinds, spec.key
            table = platform.tables.get(".".join(spec.key.path))
            assert spec.metadata.get("grain") == (table.grain or None if table is not None else None)
