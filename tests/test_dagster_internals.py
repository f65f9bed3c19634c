"""Our storages leave of the same events what Dagster's own would have left, table by table."""

from __future__ import annotations

import ast
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, TickData, TickStatus
from dagster._grpc.client import DagsterGrpcClient
from dagster._grpc.server_watcher import create_grpc_watch_thread
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from dagster_postgres.schedule_storage import PostgresScheduleStorage

from tributary.instance.configuration import URL_VARIABLE
from tributary.instance.engine import pooled_engine
from tributary.instance.pooled_storage import PooledEventLogStorage, PooledRunStorage, PooledScheduleStorage
from tributary.instance.telling import kept, with_causes
from tributary.instance.unbegun import withdraw_unbegun
from tributary.resources.dagster_internals import watching
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import PROJECT_ROOT

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-05")
RANGE = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-04"}
OURS = (PooledRunStorage, PooledEventLogStorage, PooledScheduleStorage)
STOCK = (PostgresRunStorage, PostgresEventLogStorage, PostgresScheduleStorage)
UNTOLD = ("create_timestamp", "update_timestamp", "migration_completed", "last_materialization_timestamp")
"""Columns that the server's clock fills."""

NAMES = ("job_name", "run_id", "run_config", "asset_selection", "step_keys_to_execute", "status", "tags")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def days() -> dg.MaterializeResult[Any]:
    return dg.MaterializeResult(metadata={"rows": 4}, data_version=dg.DataVersion("1"))


@dg.multi_asset(
    specs=[dg.AssetSpec("table", deps=[days])],
    check_specs=[dg.AssetCheckSpec("sound", asset="table")],
    can_subset=True,
)
def table() -> Iterator[Any]:
    yield dg.MaterializeResult(asset_key="table", metadata={"rows": 4})
    yield dg.AssetCheckResult(asset_key="table", check_name="sound", passed=False, severity=dg.AssetCheckSeverity.WARN)


@dg.asset(deps=["table"])
def broken() -> None:
    raise dg.Failure("The rows were refused.", allow_retries=False)


@dg.asset(deps=[broken])
def unbegun() -> None: ...


@pytest.fixture(scope="module")
def recorded() -> tuple[list[dg.DagsterRun], list[dg.EventLogEntry]]:
    """The runs of a success and of a failure, and their events in their order."""
    with dg.DagsterInstance.ephemeral() as instance:
        assets = [days, table, broken, unbegun]
        dg.materialize(assets, instance=instance, selection=[days], tags=RANGE)
        dg.materialize(assets, instance=instance, selection=["table", "broken", "unbegun"], raise_on_error=False)
        runs = sorted(instance.get_runs(), key=lambda run: run.status.value, reverse=True)
        return runs, [entry for run in runs for entry in instance.all_logs(run.run_id)]


@pytest.fixture
def two_urls(databases: Databases) -> Iterator[tuple[str, str]]:
    # Of a database that it has seen, a process remembers what there is.
    mark = uuid.uuid4().hex[:8]
    names = (f"stock_storage_{mark}", f"our_storage_{mark}")
    urls = [databases.url("app").replace("/app?", f"/{name}?") for name in names]
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        for name in names:
            admin.execute(f'CREATE DATABASE "{name}"')
        yield urls[0], urls[1]
        pooled_engine(urls[1]).dispose()
        for name in names:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def without_snapshots(run: dg.DagsterRun) -> dg.DagsterRun:
    return dg.DagsterRun(**{name: getattr(run, name) for name in NAMES})


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables of a database, but for the columns that its clock fills."""
    found = {}
    with psycopg.connect(url, row_factory=psycopg.rows.dict_row) as connection:
        tables = connection.execute("SELECT relname FROM pg_stat_user_tables ORDER BY 1").fetchall()
        for name in (row["relname"] for row in tables):
            rows = connection.execute(f'SELECT * FROM "{name}" ORDER BY {2 if name == "asset_keys" else 1}').fetchall()
            # An upsert takes a number even where it updates, so that those of assets have gaps.
            untold = (*UNTOLD, "id") if name == "asset_keys" else UNTOLD
            found[name] = [{key: value for key, value in row.items() if key not in untold} for row in rows]
    return found


def of_partitions(entries: list[dg.EventLogEntry]) -> list[dg.EventLogEntry]:
    """The materialisations of the four days."""
    made = [one for one in entries if one.dagster_event is not None and one.dagster_event.is_step_materialization]
    found = [one for one in made if one.get_dagster_event().partition]
    assert len(found) == 4
    return found


def scheduled(storage: Any) -> None:
    """What a sensor's look leaves."""
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("here"), "__repository__")
    origin = RemoteInstigatorOrigin(repository, "files")
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING)
    storage.add_instigator_state(state)
    storage.create_tick(
        TickData(
            origin.get_id(), "files", InstigatorType.SENSOR, TickStatus.SKIPPED, 1.0, selector_id=state.selector_id
        )
    )


def test_the_same_events_leave_the_same_tables(
    recorded: tuple[list[dg.DagsterRun], list[dg.EventLogEntry]],
    two_urls: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs, entries = recorded
    monkeypatch.setenv(URL_VARIABLE, two_urls[1])
    stock = [kind(url, True) for kind, url in zip(STOCK, [two_urls[0]] * 3, strict=True)]
    ours = [kind.from_config_value(None, {}) for kind in OURS]
    failures = [one.dagster_event for one in entries if one.dagster_event_type == dg.DagsterEventType.STEP_FAILURE]
    assert failures
    for run_storage, events, schedules in (stock, ours):
        for run in runs:
            run_storage.add_run(without_snapshots(run))
        scheduled(schedules)
        planned = [
            one for one in entries if one.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        ]
        events.store_event_batch(planned)
        parts = of_partitions(entries)
        events.store_event_batch(parts)
        # A check that is evaluated again within a run has one row, of its latest result.
        again = [one for one in entries if one.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION]
        for entry in (*(one for one in entries if one not in planned and one not in parts), *again):
            # What is left out or told otherwise is said by `telling` and `unbegun`; everything else is Dagster's.
            stored: dg.EventLogEntry | None = entry
            if events is stock[1]:
                stored = kept(entry)
                if entry.dagster_event_type == dg.DagsterEventType.RUN_FAILURE:
                    stored = with_causes(entry, [one for one in failures if one is not None])
                    withdraw_unbegun(events, entry.run_id)
            if stored is not None:
                events.store_event(stored)
            if entry.dagster_event is not None and entry.dagster_event.is_job_event:
                run_storage.handle_run_event(
                    entry.run_id, entry.dagster_event, datetime.fromtimestamp(entry.timestamp, UTC)
                )
    first, second = (contents(url) for url in two_urls)
    told = {"event_logs", "asset_keys", "asset_event_tags", "asset_check_executions"}
    assert {"runs", "run_tags", "job_ticks", "jobs", *told} <= first.keys()
    assert len(first["asset_check_executions"]) == 1
    assert len(first["event_logs"]) > 20
    assert first.keys() == second.keys()
    for name, rows in first.items():
        assert rows == second[name], name
    keys = [dg.AssetKey("days"), dg.AssetKey("table"), dg.AssetKey("broken")]
    records = [events.get_asset_records(keys) for events in (stock[1], ours[1])]
    assert [one.asset_entry.last_materialization for one in records[0]] == [
        one.asset_entry.last_materialization for one in records[1]
    ]
    for events in (stock[1], ours[1]):
        events.wipe_asset(keys[1])
        assert dg.AssetKey("table") not in events.get_latest_materialization_events(keys)


def test_a_batch_of_materialisations_is_stored_whole_or_not_at_all(
    recorded: tuple[list[dg.DagsterRun], list[dg.EventLogEntry]],
    two_urls: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    monkeypatch.setenv(URL_VARIABLE, two_urls[1])
    storage, parts = PooledEventLogStorage.from_config_value(None, {}), of_partitions(recorded[1])
    with monkeypatch.context() as patched:
        patched.setattr(storage, "_materialized", killed)
        with pytest.raises(KilledError):
            storage.store_event_batch(parts)
    assert contents(two_urls[1])["event_logs"] == []
    storage.store_event_batch(parts)
    found = contents(two_urls[1])
    assert [row["partition"] for row in found["event_logs"]] == [f"2024-01-0{day}" for day in range(1, 5)]
    assert len(found["asset_keys"]) == 1
    assert {row["event_id"] for row in found["asset_event_tags"]} == {row["id"] for row in found["event_logs"]}


def test_nothing_else_touches_what_dagster_does_not_publish() -> None:
    found = []
    for folder in ("platform", "assets", "resources"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            if "dagster_internals" in path.parts or any(part.is_symlink() for part in path.parents):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                named += [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
                found += [f"{path}: {name}" for name in named if name.startswith("dagster._")]
    assert found == []


def test_each_part_gives_its_reason() -> None:
    folder = Path(PROJECT_ROOT / "resources" / "dagster_internals")
    for path in folder.glob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_the_code_server_is_asked_which_it_is_every_few_seconds() -> None:
    asked: list[float] = []

    class Client(DagsterGrpcClient):
        def __init__(self) -> None:
            """It connects to nothing."""

        def get_server_id(self, timeout: int = 0) -> str:  # noqa: ARG002
            asked.append(time.monotonic())
            return "the same"

    def ignored(*_: object) -> None:
        """Nothing changes."""

    ended, thread = create_grpc_watch_thread(
        "here",
        Client(),
        get_location_entry=lambda _: None,
        refresh_code_location=ignored,
        on_disconnect=ignored,
        on_reconnected=ignored,
        on_updated=ignored,
        on_error=ignored,
    )
    thread.start()
    while len(asked) < 2:
        time.sleep(0.1)
    ended.set()
    thread.join()
    assert watching.SECONDS <= asked[1] - asked[0] < watching.SECONDS + 2
