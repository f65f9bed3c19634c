"""What Dagster keeps and shows of runs that fail: the causes, what was not reached, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from tests.instances import instance_of
from tributary.instance.run_log import line_of
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-10")
BAD: set[str] = set()
"""The assets that fail now."""


def asset(name: str, *deps: str, partitions: dg.PartitionsDefinition[str] | None = None) -> dg.AssetsDefinition:
    key = dg.AssetKey(["core", name])

    @dg.multi_asset(
        name=f"core__{name}",
        specs=[dg.AssetSpec(key, deps=[["core", dep] for dep in deps], partitions_def=partitions)],
        check_specs=[dg.AssetCheckSpec("is_right", asset=key, blocking=True)],
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        can_subset=True,
    )
    def made():  # with an annotation Dagster wants a tuple
        if name in BAD:
            if name == "bug":
                raise KeyError("no sentence")
            raise dg.Failure(f"{name} was refused and keeps its old rows.", allow_retries=False)
        yield dg.MaterializeResult(
            asset_key=key, metadata={"dagster/row_count": 7, "preview": dg.MetadataValue.md("|\x00\ud800")}
        )
        yield dg.AssetCheckResult(passed=True, asset_key=key, check_name="is_right")

    return made


ASSETS = [
    asset("first"),
    asset("middle", "first"),
    asset("last", "middle"),
    asset("bug"),
    asset("daily", "middle", partitions=DAYS),
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.model_validate({"home": tmp_path_factory.mktemp("telling")})


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as found:
        yield found


@pytest.fixture
def instance(settings: Settings, databases: Databases) -> Iterator[DagsterInstance]:
    with instance_of(settings, databases) as found:
        found.wipe()
        yield found


def run(
    instance: DagsterInstance,
    *bad: str,
    partitions: tuple[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> dg.ExecuteInProcessResult:
    BAD.clear()
    BAD.update(bad)
    job = dg.Definitions(assets=ASSETS).resolve_implicit_global_asset_job_def()
    if partitions:
        tags = dict(
            zip(("dagster/asset_partition_range_start", "dagster/asset_partition_range_end"), partitions, strict=True)
        )
    keys = [dg.AssetKey(["core", name]) for name in ("first", "middle", "last", "bug")]
    keys += [dg.AssetKey(["core", "daily"])] if partitions else []
    return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=keys, tags=tags)


def failed(instance: DagsterInstance) -> set[str]:
    """The assets that the UI shows as failed: the run of their last announcement failed and did not make them."""
    red = set()
    for name in ("first", "middle", "last", "bug"):
        key = dg.AssetKey(["core", name])
        planned = instance.get_latest_planned_materialization_info(key)
        run = instance.get_run_by_id(planned.run_id) if planned else None
        made = instance.get_latest_materialization_event(key)
        if run and run.status is DagsterRunStatus.FAILURE and (made is None or made.run_id != run.run_id):
            red.add(name)
    return red


def test_only_the_steps_that_failed_are_shown_as_failed(instance: DagsterInstance) -> None:
    first = run(instance)
    assert failed(instance) == set()
    run(instance, "middle", "bug")
    assert failed(instance) == {"middle", "bug"}
    (record,) = instance.get_asset_records([dg.AssetKey(["core", "last"])])
    assert record.asset_entry.last_run_id == first.run_id
    run(instance, "bug")
    assert failed(instance) == {"bug"}
    run(instance)
    assert failed(instance) == set()


def test_partitions_that_a_run_did_not_come_to_are_missing_and_not_failed(instance: DagsterInstance) -> None:
    def status() -> tuple[list[str], list[str]]:
        value = get_and_update_asset_status_cache_value(instance, dg.AssetKey(["core", "daily"]), DAYS)
        assert value is not None
        made, failed = (
            value.deserialize_materialized_partition_subsets(DAYS),
            value.deserialize_failed_partition_subsets(DAYS),
        )
        return sorted(made.get_partition_keys()), sorted(failed.get_partition_keys())

    run(instance, partitions=("2026-01-01", "2026-01-02"))
    run(instance, "middle", partitions=("2026-01-02", "2026-01-04"))
    assert status() == (["2026-01-01", "2026-01-02"], [])
    run(instance, "daily", partitions=("2026-01-04", "2026-01-04"))
    assert status() == (["2026-01-01", "2026-01-02"], ["2026-01-04"])


def test_a_run_that_never_came_to_a_step_leaves_what_it_announced_failed(instance: DagsterInstance) -> None:
    job = dg.Definitions(assets=ASSETS).resolve_implicit_global_asset_job_def()
    keys = frozenset({dg.AssetKey(["core", "first"]), dg.AssetKey(["core", "middle"])})
    lost = instance.create_run_for_job(job.get_subset(asset_selection=keys), asset_selection=keys)
    instance.report_run_failed(lost, "The process of this run ended without a word.")
    assert failed(instance) == {"first", "middle"}
    last = instance.all_logs(lost.run_id)[-1]
    assert "without a word" in last.message


def test_a_failed_run_tells_every_cause_and_no_frames_above_them(instance: DagsterInstance) -> None:
    found = run(instance, "middle", "bug")
    logs = instance.all_logs(found.run_id)
    (end,) = (log.dagster_event for log in logs if log.dagster_event_type is DagsterEventType.RUN_FAILURE)
    assert end is not None
    error = end.job_failure_data.error
    assert error is not None
    assert error.message.splitlines() == [
        "core.bug: KeyError: 'no sentence'",
        "",
        "core.middle: middle was refused and keeps its old rows.",
    ] or error.message.splitlines() == [
        "core.middle: middle was refused and keeps its old rows.",
        "",
        "core.bug: KeyError: 'no sentence'",
    ]
    assert error.stack == []
    assert error.cause is None
    steps = {
        log.step_key: log.dagster_event.step_failure_data.error
        for log in logs
        if log.dagster_event is not None and log.dagster_event_type is DagsterEventType.STEP_FAILURE
    }
    refused, bug = steps["core__middle"], steps["core__bug"]
    assert refused is not None
    assert refused.to_string().strip() == "middle was refused and keeps its old rows."
    assert bug is not None
    assert bug.cause is not None
    assert bug.cause.stack  # of a bug, the frames are what helps


def test_checks_that_were_never_evaluated_leave_no_trace_and_evaluated_ones_do(instance: DagsterInstance) -> None:
    found = run(instance, "middle")
    executions = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey(["core", name]), "is_right") for name in ("first", "middle", "last")]
    )
    assert {key.asset_key.path[1]: record.status.value for key, record in executions.items()} == {"first": "SUCCEEDED"}
    kinds = [log.dagster_event_type for log in instance.all_logs(found.run_id)]
    assert DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED not in kinds


def test_nothing_is_told_twice(instance: DagsterInstance) -> None:
    found = run(instance)
    logs = [log.dagster_event for log in instance.all_logs(found.run_id) if log.dagster_event is not None]
    outputs = [event for event in logs if event.event_type is DagsterEventType.STEP_OUTPUT]
    assert sorted(event.step_output_data.output_name for event in outputs) == [
        "core__bug", "core__first", "core__last", "core__middle",
    ]  # fmt: skip
    assert all(event.step_output_data.metadata == {} for event in outputs)
    made = [event for event in logs if event.event_type is DagsterEventType.ASSET_MATERIALIZATION]
    assert all("preview" in event.step_materialization_data.materialization.metadata for event in made)


def test_a_run_prints_a_line_for_what_it_made(instance: DagsterInstance, capfd: pytest.CaptureFixture[str]) -> None:
    run(instance)
    run(instance, tags={"tributary/started_by": "command line"})  # which shows what goes on itself
    lines = [line.split(" ", 1)[1] for line in capfd.readouterr().err.splitlines() if "✓" in line]
    assert sorted(lines) == [f"✓ core.{name}  7 rows" for name in ("bug", "first", "last", "middle")]


def test_a_failed_check_is_printed_and_a_passed_one_is_not() -> None:
    def event(passed: bool) -> dg.DagsterEvent:
        found = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey(["core", "first"]), check_name="is_right", passed=passed, description="100 % wrong"
        )
        return dg.DagsterEvent("ASSET_CHECK_EVALUATION", "job", event_specific_data=found)  # type: ignore[call-arg]

    assert line_of(event(passed=True)) is None
    assert line_of(event(passed=False)) == "! core.first  is_right failed  100 % wrong"
