"""Old runs go, and nobody who asks for the status of an asset or of a partition can tell."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from tests.instances import instance_of
from tributary.instance.retention import RUNS_AT_ONCE, Policy, Pruned, prune
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-20")
TOLD_BY = "told in full by run"
BAD: set[str] = set()
TELL: dict[str, str] = {}
NAMES = ("plain", "after", "daily")


def asset(name: str, *deps: str, partitions: dg.PartitionsDefinition[str] | None = None) -> dg.AssetsDefinition:
    key = dg.AssetKey(["core", name])

    @dg.multi_asset(
        name=f"core__{name}",
        specs=[dg.AssetSpec(key, deps=[["core", dep] for dep in deps], partitions_def=partitions)],
        check_specs=[dg.AssetCheckSpec("is_right", asset=key)],
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        can_subset=True,
    )
    def made(context: dg.AssetExecutionContext):
        if name in BAD:
            yield dg.AssetObservation(key, metadata={"refused": "why"})
            raise dg.Failure("refused", allow_retries=False)
        metadata: dict[str, Any] = {"n": context.run.run_id}
        if name in TELL:
            metadata[TOLD_BY] = dg.MetadataValue.dagster_run(TELL[name])
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)
        yield dg.AssetCheckResult(passed=True, asset_key=key, check_name="is_right")

    return made


ASSETS = [asset("plain"), asset("after", "plain"), asset("daily", "plain", partitions=DAYS)]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.model_validate({"home": tmp_path_factory.mktemp("retention")})


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as found:
        yield found


@pytest.fixture
def url(databases: Databases) -> str:
    return databases.url("dagster")


@pytest.fixture
def instance(settings: Settings, databases: Databases) -> Iterator[DagsterInstance]:
    TELL.clear()
    with instance_of(settings, databases) as found:
        found.wipe()
        yield found


def run(
    instance: DagsterInstance, *names: str, days: tuple[int, int] | None = None, bad: str = "", by: str = ""
) -> str:
    BAD.clear()
    BAD.update({bad} - {""})
    job = dg.Definitions(assets=ASSETS).resolve_implicit_global_asset_job_def()
    tags = {"dagster/sensor_name": by} if by else {}
    if days:
        tags |= {
            "dagster/asset_partition_range_start": f"2026-01-{days[0]:02}",
            "dagster/asset_partition_range_end": f"2026-01-{days[1]:02}",
        }
    keys = [dg.AssetKey(["core", name]) for name in names]
    return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=keys, tags=tags).run_id


def history(instance: DagsterInstance) -> None:
    """Runs that overlap in every way that matters: partitions made again, failures that stand and that were mended."""
    run(instance, *NAMES, days=(1, 6))
    run(instance, *NAMES, days=(4, 8), bad="daily")
    for day in (5, 6, 6, 9):
        run(instance, *NAMES, days=(day, day), by="live")
    run(instance, *NAMES, days=(10, 12), bad="plain", by="live")
    for _ in range(4):
        run(instance, "plain", by="live")
    run(instance, "after", bad="after")
    run(instance, "daily", days=(13, 14), bad="daily")


def status(instance: DagsterInstance) -> dict[str, Any]:
    """What can be asked about the assets, by whatever the UI, the sensors and the planning ask."""
    found: dict[str, Any] = {}
    keys = [dg.AssetKey(["core", name]) for name in NAMES]
    records = {record.asset_entry.asset_key: record.asset_entry for record in instance.get_asset_records(keys)}
    checks = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(key, "is_right") for key in keys]
    )
    for key in keys:
        made = instance.get_latest_materialization_event(key)
        planned = instance.get_latest_planned_materialization_info(key)
        planned_run = instance.get_run_by_id(planned.run_id) if planned else None
        observed = instance.fetch_observations(key, limit=1).records
        check = checks.get(dg.AssetCheckKey(key, "is_right"))
        entry = records[key]
        found[key.to_user_string()] = (
            made and (made.run_id, made.timestamp, made.asset_materialization),
            planned and (planned.run_id, planned_run and planned_run.status),
            [(record.storage_id, record.run_id) for record in observed],
            check and (check.id, check.status, check.run_id),
            (entry.last_run_id, entry.last_materialization_storage_id),
            sorted(instance.get_materialized_partitions(key)),
        )
    daily = dg.AssetKey(["core", "daily"])
    with partition_loading_context():
        instance.wipe_asset_cached_status([daily])
        cached = get_and_update_asset_status_cache_value(instance, daily, DAYS)
        assert cached is not None
        found["made"] = sorted(cached.deserialize_materialized_partition_subsets(DAYS).get_partition_keys())
        found["failed"] = sorted(cached.deserialize_failed_partition_subsets(DAYS).get_partition_keys())
    for day in DAYS.get_partition_keys():
        planned = instance.get_latest_planned_materialization_info(daily, day)
        latest = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=daily, asset_partitions=[day]), limit=1
        ).records
        found[day] = (planned and planned.run_id, [(one.storage_id, one.run_id) for one in latest])
    return found


NOTHING_OLD = Policy(days=0, runs=1)


def test_the_status_of_every_asset_and_partition_is_the_same_after_the_deletion(
    instance: DagsterInstance, url: str
) -> None:
    history(instance)
    before, events = status(instance), count(url, "event_logs")
    pruned = prune(url, NOTHING_OLD, told_by=TOLD_BY)
    assert status(instance) == before
    assert before["failed"] == ["2026-01-04", "2026-01-07", "2026-01-08", "2026-01-13", "2026-01-14"]
    assert pruned.runs >= 4
    assert pruned.checks > 0
    assert count(url, "event_logs") == events - pruned.events < events * 2 / 3
    with psycopg.connect(url, autocommit=True) as connection:
        orphans = "SELECT count(*) FROM asset_event_tags WHERE event_id NOT IN (SELECT id FROM event_logs)"
        assert connection.execute(orphans).fetchone() == (0,)
        # Nor is it begun while another one goes on.
        connection.execute("SELECT pg_advisory_lock(%s)", (0x726574656E74696F,))
        run(instance, "plain")
        assert prune(url, NOTHING_OLD, told_by=TOLD_BY) == Pruned()
    before = status(instance)
    prune(url, NOTHING_OLD, told_by=TOLD_BY)
    assert status(instance) == before
    # Nothing is left to do, until something new has taken a newest event's place.
    assert prune(url, NOTHING_OLD, told_by=TOLD_BY).runs == 0
    run(instance, *NAMES, days=(1, 19))
    again = status(instance)
    assert prune(url, NOTHING_OLD, told_by=TOLD_BY).runs > 0
    assert status(instance) == again


def wait_for_the_lock(url: str) -> None:
    """Wait until the server has ended the session of one that was killed, and with it its lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchone():
            time.sleep(0.02)


def test_killed_anywhere_it_loses_nothing_and_goes_on(
    instance: DagsterInstance, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.instance.retention.RUNS_AT_ONCE", 2)
    history(instance)
    before = status(instance)

    class KilledError(Exception):
        pass

    killed = 0
    for allowed in range(40):
        left = [allowed]

        def forget(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError

        wait_for_the_lock(url)
        try:
            prune(url, NOTHING_OLD, told_by=TOLD_BY, forget_logs=forget)
            break
        except KilledError:
            killed += 1
            assert status(instance) == before
    assert killed > 2
    assert status(instance) == before
    wait_for_the_lock(url)
    assert prune(url, NOTHING_OLD, told_by=TOLD_BY).runs == 0


def test_failed_runs_that_the_ui_points_at_keep_what_they_say(instance: DagsterInstance, url: str) -> None:
    bad = run(instance, "plain", bad="plain")
    for _ in range(3):
        run(instance, "after", by="live")
    kinds = [log.dagster_event_type for log in instance.all_logs(bad)]
    prune(url, Policy(days=1, runs=0), told_by=TOLD_BY, now=datetime.now(UTC) + timedelta(days=3))
    assert [log.dagster_event_type for log in instance.all_logs(bad)] == kinds
    assert DagsterEventType.STEP_FAILURE in kinds
    run(instance, "plain")
    prune(url, Policy(days=1, runs=0), told_by=TOLD_BY, now=datetime.now(UTC) + timedelta(days=3))
    left = [log.dagster_event_type for log in instance.all_logs(bad)]
    assert left == [DagsterEventType.ASSET_OBSERVATION] or left == kinds  # the newest observation of the asset


def test_age_and_number_each_suffice_and_each_sensor_is_counted_apart(instance: DagsterInstance, url: str) -> None:
    person = [run(instance, "plain") for _ in range(3)]
    live = [run(instance, "plain", by="live") for _ in range(6)]
    newest = run(instance, "plain")

    def there() -> list[str]:
        return [name for name in (*person, *live, newest) if instance.get_run_by_id(name)]

    prune(url, Policy(days=30, runs=3), told_by=TOLD_BY)
    assert there() == [*person[1:], *live[3:], newest]
    prune(url, Policy(days=0, runs=0), told_by=TOLD_BY, now=datetime.now(UTC) + timedelta(days=400))
    assert there() == [*person[1:], *live[3:], newest]
    prune(url, Policy(days=2, runs=0), told_by=TOLD_BY, now=datetime.now(UTC) + timedelta(days=3))
    assert there() == [newest]


def test_runs_that_go_on_and_runs_of_a_backfill_that_does_stay(instance: DagsterInstance, url: str) -> None:
    job = dg.Definitions(assets=ASSETS).resolve_implicit_global_asset_job_def()
    going = [
        instance.create_run_for_job(job, status=one).run_id
        for one in (DagsterRunStatus.STARTED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.CANCELING)
    ]
    backfill = PartitionBackfill(
        backfill_id="going",
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=0.0,
        asset_selection=[dg.AssetKey(["core", "plain"])],
        serialized_asset_backfill_data="{}",
    )
    instance.add_backfill(backfill)
    part = job.execute_in_process(
        instance=instance, asset_selection=[dg.AssetKey(["core", "plain"])], tags={"dagster/backfill": "going"}
    ).run_id
    run(instance, "plain")
    later = datetime.now(UTC) + timedelta(days=3)
    prune(url, Policy(days=1, runs=1), told_by=TOLD_BY, now=later)
    assert all(instance.get_run_by_id(name) for name in (*going, part))
    assert instance.get_backfill("going") is not None
    instance.update_backfill(backfill.with_status(BulkActionStatus.COMPLETED_SUCCESS))
    prune(url, Policy(days=1, runs=1), told_by=TOLD_BY, now=later)
    assert all(instance.get_run_by_id(name) for name in going)
    assert instance.get_run_by_id(part) is None
    assert instance.get_backfill("going") is None


def test_what_a_newest_materialisation_refers_to_stays(instance: DagsterInstance, url: str) -> None:
    first = run(instance, "plain")
    TELL["plain"] = first
    for _ in range(4):
        run(instance, "plain")
    prune(url, NOTHING_OLD, told_by=TOLD_BY)
    (kept,) = instance.all_logs(first)
    assert kept.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION
    TELL.clear()
    run(instance, "plain")
    prune(url, NOTHING_OLD, told_by=TOLD_BY)
    assert instance.get_run_by_id(first) is None


def test_compute_logs_go_with_their_runs_and_snapshots_when_no_run_uses_them(
    instance: DagsterInstance, url: str
) -> None:
    old = [run(instance, "plain", "after") for _ in range(3)]
    for _ in range(2):
        run(instance, "plain")
        run(instance, "after")
    gone: list[str] = []
    before = count(url, "snapshots")
    assert prune(url, Policy(days=0, runs=4), told_by=TOLD_BY, forget_logs=gone.append).snapshots == 0
    assert sorted(gone) == sorted(old)
    # Only at the second look: a run that is just being created may count on them.
    deleted = prune(url, Policy(days=0, runs=4), told_by=TOLD_BY).snapshots
    assert deleted >= 2
    assert count(url, "snapshots") == before - deleted
    for one in instance.get_runs():
        job = instance.get_historical_job(str(one.job_snapshot_id))
        assert job is not None
        assert job.parent_job_snapshot is not None or job.job_snapshot.lineage_snapshot is None
        assert instance.get_execution_plan_snapshot(str(one.execution_plan_snapshot_id))


@pytest.mark.usefixtures("instance")
def test_of_the_evaluations_of_the_automation_the_newest_stay(url: str) -> None:
    insert = (
        "INSERT INTO asset_daemon_asset_evaluations (evaluation_id, asset_key, asset_evaluation_body, create_timestamp)"
        " SELECT n, k, '{}', now() AT TIME ZONE 'UTC' - n * interval '1 hour' FROM generate_series(1, 150) AS n,"
        " unnest(ARRAY['[\"a\"]', '[\"b\"]']) AS k ORDER BY n DESC"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(insert)
    assert prune(url, Policy(days=30, runs=0), told_by=TOLD_BY).evaluations == 100
    assert prune(url, Policy(days=2, runs=0), told_by=TOLD_BY).evaluations == 2 * (100 - 47)
    later = datetime.now(UTC) + timedelta(days=9)
    prune(url, Policy(days=2, runs=0), told_by=TOLD_BY, now=later)
    assert count(url, "asset_daemon_asset_evaluations") == 2


def test_it_ends_when_its_time_is_over_and_says_what_it_did(instance: DagsterInstance, url: str) -> None:
    for _ in range(3):
        run(instance, "plain")
    assert prune(url, NOTHING_OLD, told_by=TOLD_BY, seconds=0.0).runs == 0
    assert str(Pruned(runs=1, events=5)).startswith("deleted 1 runs, 5 events")
    assert RUNS_AT_ONCE < 100


def count(url: str, table: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        (found,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(found)


def test_sparse_indexes_are_rebuilt_unless_somebody_holds_the_table(
    instance: DagsterInstance, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.instance.retention._SPARSE_BYTES", 0)
    monkeypatch.setattr("tributary.instance.retention._SPARSE_BYTES_A_ROW", 0)

    def rebuilt() -> bool:
        before = file_of(url)
        run(instance, "plain")
        run(instance, "plain")
        prune(url, NOTHING_OLD, told_by=TOLD_BY)
        return file_of(url) != before

    assert rebuilt()
    with psycopg.connect(url) as holder:
        holder.execute("SELECT count(*) FROM event_logs")
        assert not rebuilt()


def file_of(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        (found,) = connection.execute(
            "SELECT relfilenode FROM pg_class WHERE relname = 'idx_event_type'"
        ).fetchone() or (0,)
    return int(found)
