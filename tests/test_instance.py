"""Dagster's instance on the embedded Postgres: its configuration, its pooled storage, and runs left by a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests.instances import instance_of
from tributary.assets.automation.tags import STEADY_TAG
from tributary.instance.configuration import URL_VARIABLE, render, write_configuration
from tributary.instance.engine import pooled_engine
from tributary.instance.opening import dagster_environment, open_instance
from tributary.instance.orphans import fail_orphaned_runs
from tributary.instance.pooled_storage import PooledEventLogStorage
from tributary.resources.dagster_internals.postgres_storages import (
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from tributary.resources.dagster_internals.records import (
    DagsterLaunchFailedError,
    DagsterUserCodeUnreachableError,
    LaunchRunContext,
)
from tributary.resources.postgres.databases import Databases, connect
from tributary.resources.settings import Settings

RUNNING = """
import sys, time
import dagster as dg

@dg.op
def wait():
    print("started", flush=True)
    time.sleep(600)

@dg.job(executor_def=dg.in_process_executor)
def endless():
    wait()

if __name__ == "__main__":
    with dg.DagsterInstance.get() as instance:
        endless.execute_in_process(instance=instance, run_id=sys.argv[1])
"""


@dg.op
def nothing() -> None:
    return None


@dg.job
def short() -> None:
    nothing()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.model_validate({"home": tmp_path_factory.mktemp("instance"), "max_concurrent_runs": 3})


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect(settings) as databases:
        yield databases


@pytest.fixture
def instance(settings: Settings, databases: Databases) -> Iterator[DagsterInstance]:
    with instance_of(settings, databases) as instance:
        yield instance


def statuses(instance: DagsterInstance, run_id: str) -> DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def started_elsewhere(settings: Settings, databases: Databases, run_id: str, folder: Path) -> subprocess.Popen[str]:
    """A process of its own that executes a run without end."""
    script = folder / "endless.py"
    script.write_text(RUNNING)
    process = subprocess.Popen(
        [sys.executable, str(script), run_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **dagster_environment(settings, databases)},
    )
    assert process.stdout is not None
    assert any("started" in line for line in process.stdout)
    return process


def test_the_password_is_never_written(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, "postgres_url": "postgresql://me:s3cret@h/db"})
    path = write_configuration(settings)
    assert "s3cret" not in path.read_text()


def test_a_process_that_nobody_gave_a_url_finds_the_same_records(settings: Settings, databases: Databases) -> None:
    """As `dagster dev` and `dg` in a person's own terminal do."""
    with open_instance(settings, databases) as instance:
        run = instance.create_run_for_job(short)
    environment = {key: value for key, value in os.environ.items() if key != URL_VARIABLE}
    environment |= {"DAGSTER_HOME": str(settings.dagster_home), "TRIBUTARY_HOME": str(settings.home)}
    script = "import dagster as dg; print(*[run.run_id for run in dg.DagsterInstance.get().get_runs()])"
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.run_id in found.stdout, found.stderr


def test_the_configuration_is_written_only_when_it_differs(settings: Settings) -> None:
    path = write_configuration(settings)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    write_configuration(settings)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    path.write_text("telemetry: {enabled: true}\n")
    write_configuration(settings)
    assert path.read_text() == render(settings)
    assert [entry.name for entry in path.parent.iterdir() if "yaml." in entry.name] == []


def test_the_instance_is_as_the_settings_say(instance: DagsterInstance, settings: Settings) -> None:
    assert instance.get_concurrency_config().run_queue_config is not None
    assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 3  # type: ignore[union-attr]
    limits = instance.get_concurrency_config().run_queue_config.tag_concurrency_limits  # type: ignore[union-attr]
    assert limits == [{"key": STEADY_TAG, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]
    assert not instance.telemetry_enabled
    assert not instance.run_retries_enabled
    assert instance.run_monitoring_enabled
    assert Path(instance.root_directory) == settings.dagster_home
    assert isinstance(instance.event_log_storage, PooledEventLogStorage)


def test_a_run_is_recorded_with_its_events(instance: DagsterInstance) -> None:
    result = short.execute_in_process(instance=instance)
    types = [entry.dagster_event_type for entry in instance.all_logs(result.run_id)]
    assert statuses(instance, result.run_id) is DagsterRunStatus.SUCCESS
    assert types.count(DagsterEventType.STEP_SUCCESS) == 1
    assert types[-1] is DagsterEventType.RUN_SUCCESS


def test_a_run_opens_no_connection_for_each_event(instance: DagsterInstance, databases: Databases) -> None:
    opened = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
    short.execute_in_process(instance=instance)
    with psycopg.connect(databases.url("dagster"), autocommit=True) as connection:
        before = connection.execute(opened).fetchone()
        result = short.execute_in_process(instance=instance)
        connection.execute("SELECT pg_stat_clear_snapshot()")
        after = connection.execute(opened).fetchone()
    assert before is not None
    assert after is not None
    assert len(instance.all_logs(result.run_id)) > 5
    assert after[0] - before[0] <= 1


def test_what_was_seen_of_the_schema_is_not_looked_up_again(
    settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[str, str]] = set()
    monkeypatch.setattr("tributary.instance.pooled_storage._SEEN", seen)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    def looks(instance: DagsterInstance) -> int:
        """How many statements ask for the schema when runs, sensors and assets are asked for."""
        statements.clear()
        instance.get_run_records(limit=1)
        instance.all_instigator_state()
        instance.get_asset_records()
        assert len(statements) >= 3
        return sum("pg_catalog" in one or "pg_attribute" in one for one in statements)

    engine = pooled_engine(databases.url("dagster"))
    event.listen(engine, "before_cursor_execute", note)
    try:
        with instance_of(settings, databases) as first:
            # What was looked at to open it is looked at again.
            seen.clear()
            assert looks(first) > 0
        with instance_of(settings, databases) as another:
            assert looks(another) == 0
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_run_over_a_range_announces_every_partition_by_few_statements(
    instance: DagsterInstance, databases: Databases
) -> None:
    hours = dg.HourlyPartitionsDefinition(start_date="2026-01-01-00:00")

    @dg.multi_asset(specs=[dg.AssetSpec(name, partitions_def=hours) for name in ("first", "second")])
    def made():  # with an annotation Dagster wants a tuple
        return None

    tags = {
        "dagster/asset_partition_range_start": "2026-01-01-00:00",
        "dagster/asset_partition_range_end": "2026-01-08-23:00",
    }
    job = dg.Definitions(assets=[made]).resolve_implicit_global_asset_job_def()
    written = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    engine = pooled_engine(databases.url("dagster"))
    with psycopg.connect(databases.url("dagster"), autocommit=True) as connection:
        engine.dispose()
        time.sleep(0.5)
        before = connection.execute(written).fetchone()
        run = instance.create_run_for_job(
            job, asset_selection=frozenset(job.asset_layer.selected_asset_keys), tags=tags
        )
        engine.dispose()
        time.sleep(0.5)  # a server process reports its statistics when it goes
        connection.execute("SELECT pg_stat_clear_snapshot()")
        after = connection.execute(written).fetchone()
    planned = [
        entry.get_dagster_event()
        for entry in instance.all_logs(run.run_id)
        if entry.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    ]
    assert len({(event.asset_key, event.partition) for event in planned}) == 2 * 8 * 24
    assert instance.get_latest_planned_materialization_info(dg.AssetKey("first")) is not None
    assert before is not None
    assert after is not None
    assert after[0] - before[0] < 60


def test_a_run_over_a_range_announces_a_table_without_partitions_once(instance: DagsterInstance) -> None:
    days = dg.DailyPartitionsDefinition(start_date="2026-01-01")

    @dg.asset(partitions_def=days)
    def pulled() -> None: ...

    @dg.asset(deps=[pulled])
    def a_table() -> None: ...

    @dg.asset(deps=[a_table], partitions_def=days)
    def written() -> None: ...

    tags = {
        "dagster/asset_partition_range_start": "2026-01-01",
        "dagster/asset_partition_range_end": "2026-01-20",
    }
    job = dg.Definitions(assets=[pulled, a_table, written]).resolve_implicit_global_asset_job_def()
    for selected in ([pulled, a_table, written], [pulled, a_table], [a_table, written]):
        keys = frozenset(one.key for one in selected)
        run = instance.create_run_for_job(job, asset_selection=keys, tags=tags)
        planned = Counter(
            event.asset_key
            for entry in instance.all_logs(run.run_id)
            if (event := entry.dagster_event) is not None and event.is_asset_materialization_planned
        )
        assert planned == {one.key: 1 if one is a_table else 20 for one in selected}
        stored = instance.get_run_by_id(run.run_id)
        assert stored is not None
        assert stored.is_partitioned


def test_a_connection_that_died_while_idle_is_replaced(
    instance: DagsterInstance, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.instance.engine.TRUSTED_SECONDS", 0.0)
    short.execute_in_process(instance=instance)
    with psycopg.connect(databases.url("dagster"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert short.execute_in_process(instance=instance).success


def test_a_forked_child_leaves_its_parents_connections_alone(instance: DagsterInstance, databases: Databases) -> None:
    import sqlalchemy

    engine = pooled_engine(databases.url("dagster"))

    def backend() -> int:
        with engine.connect() as connection:
            return int(connection.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar_one())

    mine = backend()
    child = os.fork()
    if child == 0:
        os._exit(0 if backend() != mine else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert backend() == mine
    assert instance.get_runs_count() >= 0


def test_a_run_whose_process_was_killed_is_failed_with_one_sentence(
    instance: DagsterInstance, settings: Settings, databases: Databases, tmp_path: Path
) -> None:
    run_id = str(uuid.uuid4())
    process = started_elsewhere(settings, databases, run_id, tmp_path)
    assert fail_orphaned_runs(instance) == []
    assert statuses(instance, run_id) is DagsterRunStatus.STARTED
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert fail_orphaned_runs(instance) == [run_id]
    assert statuses(instance, run_id) is DagsterRunStatus.FAILURE
    last = instance.all_logs(run_id)[-1]
    assert "ended without a word" in last.message
    assert fail_orphaned_runs(instance) == []


def test_a_process_id_that_another_program_has_got_does_not_save_a_run(instance: DagsterInstance) -> None:
    run = instance.create_run_for_job(short, status=DagsterRunStatus.NOT_STARTED)
    instance.handle_run_event(run.run_id, _event(DagsterEventType.RUN_START))
    before = time.time() - 3600
    instance.event_log_storage.store_event(_engine_event(run.run_id, os.getpid(), before))
    assert fail_orphaned_runs(instance) == [run.run_id]


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING])
def test_a_run_that_never_got_a_process_is_failed(instance: DagsterInstance, status: DagsterRunStatus) -> None:
    run = instance.create_run_for_job(short, status=status)
    assert fail_orphaned_runs(instance) == [run.run_id]
    assert statuses(instance, run.run_id) is DagsterRunStatus.FAILURE


@pytest.mark.parametrize("status", [DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.SUCCESS])
def test_runs_that_are_not_under_way_stay_as_they_are(instance: DagsterInstance, status: DagsterRunStatus) -> None:
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "repository")
    run = instance.create_run_for_job(short, status=status, remote_job_origin=RemoteJobOrigin(repository, "short"))
    assert fail_orphaned_runs(instance) == []
    assert statuses(instance, run.run_id) is status


def _event(kind: DagsterEventType) -> dg.DagsterEvent:
    return dg.DagsterEvent(event_type_value=kind.value, job_name="short")


def _engine_event(run_id: str, pid: int, timestamp: float) -> dg.EventLogEntry:
    from dagster._core.events import EngineEventData

    event = dg.DagsterEvent(
        event_type_value=DagsterEventType.ENGINE_EVENT.value,
        job_name="short",
        event_specific_data=EngineEventData.in_process(pid),
    )
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        error_info=None,
        level=20,
        user_message="",
        run_id=run_id,
        timestamp=timestamp,
        job_name="short",
        dagster_event=event,
    )


_SETUP = "Error during RPC setup for executing run"


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (OperationalError("SELECT 1", {}, Exception("terminating connection"), connection_invalidated=True), True),
        (OperationalError("SELECT 1", {}, Exception("no such column")), False),
        (DagsterLaunchFailedError("Tried to start a run on a server after telling it to shut down"), True),
        (DagsterLaunchFailedError("GRPC server: Subprocess for 1 terminated unexpectedly with exit code -9"), True),
        (DagsterLaunchFailedError("GRPC server: Subprocess for 1 terminated unexpectedly with exit code 1"), False),
        (DagsterLaunchFailedError(f"{_SETUP}: sqlalchemy.exc.OperationalError: server closed the connection"), True),
        (DagsterLaunchFailedError(f"{_SETUP}: sqlalchemy.exc.ProgrammingError: no such column"), False),
        (DagsterLaunchFailedError("There is no such job"), False),
    ],
    ids=["connection ended", "refused", "stopping", "killed", "failed", "Postgres away", "no column", "no job"],
)
def test_a_run_that_could_not_begin_is_queued_again_where_that_passes(
    instance: DagsterInstance, failure: Exception, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr("dagster.DefaultRunLauncher.launch_run", fail)
    run = instance.create_run_for_job(short)
    with pytest.raises(DagsterUserCodeUnreachableError if again else type(failure)) as raised:
        instance.run_launcher.launch_run(LaunchRunContext(run, None))
    assert isinstance(raised.value, DagsterUserCodeUnreachableError) is again


SCHEMA = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' UNION ALL SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes
    WHERE schemaname = 'public' ORDER BY 1, 2, 3
"""


def test_tables_are_made_as_the_stock_storages_make_them(tmp_path: Path) -> None:
    def found(url: str) -> tuple[list[tuple[str, ...]], ...]:
        with psycopg.connect(url) as records:
            return tuple(
                records.execute(query).fetchall()
                for query in (SCHEMA, "SELECT * FROM alembic_version", "SELECT name FROM secondary_indexes ORDER BY 1")
            )

    settings = Settings.model_validate({"home": tmp_path})
    with connect(settings) as databases:
        with open_instance(settings, databases) as instance:
            noted, newest = instance.event_log_storage.alembic_version() or ("", "")
            assert noted == newest
        stock = Databases(databases.server_url, "stock_").url("dagster")
        with psycopg.connect(databases.server_url, autocommit=True) as server:
            server.execute("CREATE DATABASE stock_dagster")
        for storage in (PostgresRunStorage, PostgresEventLogStorage, PostgresScheduleStorage):
            storage(stock).dispose()
        assert found(databases.url("dagster")) == found(stock)
