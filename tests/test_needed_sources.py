"""Of the definitions a command loads the sources that its selection needs, and what is made is what all would make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.selector import JobSubsetSelector
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.remote_representation.code_location import InProcessCodeLocation
from dagster._core.snap import JobSnap
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from msgspec.structs import replace as changed

from tests.conftest import RetailWarehouse
from tributary.asset_graph import AssetGraph, graph_of
from tributary.asset_store import Loaded, load_definitions, load_needed
from tributary.assets.automation.partitions import UNPARTITIONED
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.sources import BUILT_IN
from tributary.cli.materialize import as_told_to_dagster
from tributary.instance.opening import open_instance
from tributary.instance.processes import PROCESS_TAG
from tributary.plan import Planned
from tributary.planning import Plan, PlannedRun, Upstream
from tributary.resources.dagster_internals.running import InMemoryJob, execute_run_iterator
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import PROJECT_ROOT, Settings, get_settings

MATERIALIZE = """
import atexit, sys
from tributary.cli.main import main
loaded = lambda: sorted(name.split(".")[2] for name in sys.modules if name.endswith(".parts") and name.count(".") == 3)
atexit.register(lambda: print(*loaded()))
main()
"""


@pytest.fixture(scope="module")
def whole() -> Loaded:
    return load_definitions()


@pytest.fixture(scope="module")
def graph(whole: Loaded) -> AssetGraph:
    return graph_of(whole.job.asset_layer.asset_graph, whole.digest, whole.platform.resources(get_settings()))


def all_of(graph: AssetGraph, source: str) -> list[str]:
    return [one.key for one in graph.assets if one.source == source]


@pytest.mark.parametrize("source", BUILT_IN)
def test_the_job_of_a_source_is_to_dagster_that_of_all_definitions(
    whole: Loaded, graph: AssetGraph, source: str
) -> None:
    some = load_needed(graph, all_of(graph, source)[-1:])
    assert some is not None
    assert some.of == {source, "calendar"} - ({"calendar"} if source == "platform" else set())
    found, expected = (one.defs.get_repository_def().get_job(source) for one in (some, whole))
    assert found.get_job_snapshot_id() == expected.get_job_snapshot_id()
    assert {one.key: one for one in graph_of(some.job.asset_layer.asset_graph).assets} == {
        one.key: one for one in graph.assets if one.source in some.of
    }


def test_in_any_doubt_all_is_loaded(graph: AssetGraph) -> None:
    keys = all_of(graph, "pledges")
    assert load_needed(graph, keys) is not None
    assert load_needed(changed(graph, resources=None), keys) is None
    only = changed(graph, assets=tuple(one for one in graph.assets if one.source in ("pledges", "calendar")))
    assert load_needed(only, keys) is None
    refused = [changed(one, tags={**one.tags, "refused": "true"}) for one in graph.assets if one.source == "social"]
    others = [one for one in graph.assets if one.source != "social"]
    assert load_needed(changed(graph, assets=(*others, *refused)), keys) is None
    more = changed(graph, assets=(*graph.assets, changed(graph.by_key["core.dim_branch"], key="core.dim_other")))
    assert load_needed(more, keys) is None
    fewer = changed(graph, assets=tuple(one for one in graph.assets if one.key != "core.dim_branch"))
    assert load_needed(fewer, ["raw.csv_pledges"]) is None


def test_a_resource_of_which_dagster_knows_more_than_its_name_is_told_of_none(whole: Loaded) -> None:
    class Api(dg.ConfigurableResource):  # type: ignore[type-arg]
        url: str

    own = whole.job.asset_layer.asset_graph
    assert graph_of(own, resources={"lake": object(), "api": object()}).resources == ("api", "lake")
    assert graph_of(own, resources={"lake": object(), "api": Api(url="x")}).resources is None
    assert graph_of(own).resources is None


def test_a_run_that_is_of_no_source_s_job_needs_all_definitions_until_dagster_has_had_one(
    whole: Loaded, graph: AssetGraph
) -> None:
    graph = changed(graph, job=whole.job.get_job_snapshot_id())
    some = load_needed(graph, [*all_of(graph, "pledges"), "core.dim_date"])
    assert some is not None
    assert some.of == {"pledges", "calendar"}

    def told(loaded: Loaded, *keys: str, had: str = "") -> Loaded:
        run = PlannedRun(tuple(asset_key(key) for key in keys), UNPARTITIONED)
        instance: Any = SimpleNamespace(has_job_snapshot=lambda one: one == had)
        return as_told_to_dagster(loaded, instance, Planned(Plan((run,)), Upstream()))

    assert told(some, "core.dim_branch", "core.fact_pledge") is some
    # The extracts of reports are in no job of their source.
    for keys in (["core.dim_date", "core.fact_pledge"], ["staged.report_ornament_verification"]):
        assert told(some, *keys) is whole
        assert told(some, *keys, had=graph.job) is some
        assert told(replace(some, part_of=""), *keys, had=graph.job) is whole
    edited = replace(some, digest="of other files")
    assert told(edited, "core.dim_date", "core.fact_pledge") is edited


def _python(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", *words],
        env={**os.environ, "TRIBUTARY_HOME": str(home)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def materialize(home: Path, *words: str) -> tuple[list[str], str]:
    """Makes a selection in a process of its own; the sources of which Python was loaded, and what was told."""
    done = _python(home, MATERIALIZE, "materialize", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    *told, loaded = done.stdout.splitlines()
    return loaded.split(), "\n".join(told)


@pytest.mark.parametrize(
    ("selection", "sources", "job"),
    [
        (["core.dim_date"], ["calendar"], "calendar"),
        (["core.dim_date", "core.dim_store"], ["calendar", "retail"], "__ASSET_JOB"),
    ],
)
@pytest.mark.xdist_group("sample_retail")
def test_what_a_command_makes_of_few_sources_is_as_of_all_and_can_be_run_again_from_the_code_location(
    sample_retail: RetailWarehouse, whole: Loaded, selection: list[str], sources: list[str], job: str
) -> None:
    kept = sample_retail.home / "assets.json"
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "digest": "of other files"}))
    content = "SELECT count(*) AS n, md5(string_agg(t::text, '' ORDER BY t::text)) AS rows FROM {} AS t"
    loaded, _ = materialize(sample_retail.home, *selection, "--force")
    assert loaded == sorted(BUILT_IN)
    rows = [sample_retail.rows(content.format(table)) for table in selection]
    loaded, told = materialize(sample_retail.home, *selection, "--force")
    assert loaded == sources
    assert f"{len(selection)} materialised" in told
    assert [sample_retail.rows(content.format(table)) for table in selection] == rows
    settings = Settings(_env_file=None, home=sample_retail.home)
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        second, first = instance.get_runs(limit=2)
        assert second.job_name == job
        assert _recorded(instance, second) == _recorded(instance, first)
        # By this the page of a run finds the job of now, and offers to run it again without a warning.
        lineage = _job_snapshot(instance, second).lineage_snapshot
        assert lineage is not None
        assert lineage.parent_snapshot_id == whole.defs.get_repository_def().get_job(job).get_job_snapshot_id()
    again = f"from tests.test_needed_sources import run_again; run_again({second.run_id!r})"
    done = _python(sample_retail.home, again)
    assert done.returncode == 0, done.stdout + done.stderr


def _recorded(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Mapping[str, Any]:
    """What Dagster has on record of a run, but for what no two runs share."""
    tags = {name: value for name, value in run.tags.items() if name != PROCESS_TAG}
    logs = [one.dagster_event for one in instance.all_logs(run.run_id) if one.dagster_event is not None]
    events = sorted(f"{one.event_type_value} {one.step_key}" for one in logs)
    # A snapshot's name is a digest of the selection too, in the order of a set.
    plan = instance.get_execution_plan_snapshot(run.execution_plan_snapshot_id or "")
    return {
        "tags": tags,
        "events": events,
        "job": _job_snapshot(instance, run),
        "plan": plan._replace(job_snapshot_id=""),
        **{name: getattr(run, name) for name in ("job_name", "run_config", "asset_selection")},
    }


def _job_snapshot(instance: dg.DagsterInstance, run: dg.DagsterRun) -> JobSnap:
    return instance.get_historical_job(run.job_snapshot_id or "").job_snapshot


def run_again(run_id: str) -> None:
    """As Dagster's web server does where somebody asks for it; in a process of its own, on its home."""
    settings, whole = get_settings(), load_definitions()
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name="tributary.definitions")
    with connect(settings) as databases, open_instance(settings, databases) as instance:
        location = InProcessCodeLocation(InProcessCodeLocationOrigin(target, location_name="tributary"), instance)
        run = instance.get_run_by_id(run_id)
        assert run is not None
        assert run.remote_job_origin is not None
        selector = JobSubsetSelector(
            location_name="tributary",
            repository_name=run.remote_job_origin.repository_origin.repository_name,
            job_name=run.job_name,
            op_selection=None,
            asset_selection=run.asset_selection,
        )
        context: Any = SimpleNamespace(asset_graph=location.get_repository("__repository__").asset_graph)
        again = instance.create_reexecuted_run(
            request_context=context,
            parent_run=run,
            code_location=location,
            remote_job=location.get_job(selector),
            strategy=ReexecutionStrategy.ALL_STEPS,
            use_parent_run_tags=True,
        )
        assert _job_snapshot(instance, again) == _job_snapshot(instance, run)
        assert again.asset_selection == run.asset_selection
        job = whole.defs.get_repository_def().get_job(run.job_name).get_subset(asset_selection=again.asset_selection)
        begun = again.with_status(dg.DagsterRunStatus.NOT_STARTED)
        list(execute_run_iterator(InMemoryJob(job), begun, instance))
        ended = instance.get_run_by_id(again.run_id)
        assert ended is not None
        assert ended.status == dg.DagsterRunStatus.SUCCESS
