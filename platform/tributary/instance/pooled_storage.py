"""Dagster's three Postgres storages over kept connections.

The stock storages open a connection for every statement, which costs more than the statement: a run of many small
assets spends most of its time so. These keep a small pool in each process, shared by the three, and leave out what
the stock ones ask or tell the server again and again to no effect. Tables, rows and configuration are Dagster's.
"""

from __future__ import annotations

import os
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dagster import AssetKey, BetaWarning, DagsterEventType, EventLogRecord
from sqlalchemy import MetaData, text

from tributary.instance.configuration import URL_VARIABLE
from tributary.instance.engine import one_at_a_time, pooled_engine
from tributary.instance.event_rows import ALONE, write_evaluated, write_event, write_events, write_materialized
from tributary.instance.telling import kept, with_causes
from tributary.instance.unbegun import withdraw_unbegun
from tributary.resources.dagster_internals.postgres_storages import (
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
    RunStorageSqlMetadata,
    ScheduleStorageSqlMetadata,
    SqlEventLogStorageMetadata,
    newest_revision,
)
from tributary.resources.dagster_internals.records import (
    AssetCheckExecutionRecordStatus,
    copy,
    deserialize_value,
)
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, DagsterRun, EventLogEntry
    from sqlalchemy.engine import Connection

    from tributary.resources.dagster_internals.records import ConfigurableClassData

# `dagster.yaml` names a handler of logs, which Dagster still marks as beta; every process would warn of it.
warnings.filterwarnings("ignore", message=".*yaml-defined logging.*", category=BetaWarning)

_OF_STEPS = ALONE | {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_CHECK_EVALUATION}
_ANNOUNCED = {DagsterEventType.ASSET_MATERIALIZATION_PLANNED}
_ENDED_EARLY = (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED)

_KNOWN: set[tuple[type, str]] = set()
"""The storages, by class and database, whose tables this process has seen."""

_SEEN: set[tuple[str, str]] = set()
"""What of Dagster's schema this process has seen, by database."""

_MADE: set[tuple[type, str]] = set()
"""The storages, by class and database, whose tables this process has made."""

_NOTE_REVISION = (
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)",
    "DELETE FROM alembic_version",
    "INSERT INTO alembic_version (version_num) VALUES (:revision)",
)

_COUNT_TABLES = text("SELECT count(to_regclass(name)) FROM unnest(:names) AS name")
_HAS_COLUMN = text(
    "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = :column)"
)


class _Pooled:
    """What the three storages change: where their database is, how they are built, and their engine."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing is configured: where the database is, the settings say."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:  # noqa: ARG003
        """Build the storage as its stock parent does, then give it the process's pool.

        A process that the platform did not start, as `dagster dev`, finds the database by the settings, and holds up
        the embedded server until it ends.
        """
        url = os.environ.get(URL_VARIABLE) or shared_databases(get_settings()).url("dagster")
        # A code server opens an instance for each tick of a sensor: looking for tables is a statement each time, and as
        # the stock storages look, a connection and a dozen.
        known = (cls, url) in _KNOWN or cls._has_tables(url)
        with nullcontext() if known else one_at_a_time(url):
            storage = cls(postgres_url=url, should_autocreate_tables=not known, inst_data=inst_data)  # type: ignore[call-arg]  # the stock storage's constructor, mixed in below
        _KNOWN.add((cls, url))
        storage._engine = pooled_engine(url)  # type: ignore[attr-defined]
        return storage

    _metadata: ClassVar[MetaData]

    @classmethod
    def _has_tables(cls, url: str) -> bool:
        """Whether the database has all tables of the storage."""
        names = list(cls._metadata.tables)
        with pooled_engine(url).connect() as connection:
            found = connection.execute(_COUNT_TABLES, {"names": names}).scalar()
        return found == len(names)

    def _init_db(self) -> None:
        """Make the tables, and note their revision as the stock storages do, who load Alembic whole for it."""
        with self._engine.connect() as connection, connection.begin():  # type: ignore[attr-defined]
            self._metadata.create_all(connection)
            for statement in _NOTE_REVISION:
                connection.execute(text(statement), {"revision": newest_revision()})
        _MADE.add((type(self), self.postgres_url))  # type: ignore[attr-defined]

    def _once_seen(self, what: str, look: Callable[[], bool]) -> bool:
        """Whether a table, a column or a completed migration is there, which the stock storages ask at each use.

        Migrations only add to the schema, so what was once seen is remembered; what is missing is asked again.
        """
        known = (self.postgres_url, what)  # type: ignore[attr-defined]
        if known not in _SEEN and look():
            _SEEN.add(known)
        return known in _SEEN


class PooledRunStorage(_Pooled, PostgresRunStorage):
    """Runs, over the process's pool."""

    _metadata = RunStorageSqlMetadata

    def add_run(self, dagster_run: DagsterRun) -> DagsterRun:
        """Add a run; what is given back goes by the partitions of its tags.

        Dagster notes a range with a run that it creates, and then announces that range of every asset of it, also of
        those that have no partitions: of a table once for each hour. By the tags, each goes by its own.
        """
        added = super().add_run(dagster_run)
        return copy(added, partitions_subset=None) if added.is_partitioned else added

    def has_built_index(self, migration_name: str) -> bool:
        """Whether a migration of rows is complete."""
        look = super().has_built_index
        return self._once_seen(f"migration {migration_name}", lambda: look(migration_name))

    def has_run_stats_index_cols(self) -> bool:
        """Whether runs have their start and end."""
        return self._once_seen("runs.start_time", super().has_run_stats_index_cols)

    def has_backfill_id_column(self) -> bool:
        """Whether runs have their backfill."""
        return self._once_seen("runs.backfill_id", super().has_backfill_id_column)

    def has_bulk_actions_selector_cols(self) -> bool:
        """Whether backfills have their selector."""
        return self._once_seen("bulk_actions.selector_id", super().has_bulk_actions_selector_cols)

    def has_bulk_action_job_name_column(self) -> bool:
        """Whether backfills have their job."""
        return self._once_seen("bulk_actions.job_name", super().has_bulk_action_job_name_column)

    def has_backfill_tags_table(self) -> bool:
        """Whether there are tags of backfills."""
        return self._once_seen("backfill_tags", super().has_backfill_tags_table)


class PooledEventLogStorage(_Pooled, PostgresEventLogStorage):
    """Events, over the process's pool."""

    _metadata = SqlEventLogStorageMetadata

    def has_secondary_index(self, name: str) -> bool:
        """Whether a migration of rows is complete."""
        look = super().has_secondary_index
        return self._once_seen(f"migration {name}", lambda: look(name))

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether the table of assets has the column."""
        with self.index_connection() as connection:
            return self._has_asset_key_col_on_connection(connection, column_name)

    def has_table(self, table_name: str) -> bool:
        """Whether the event log has the table."""
        look = super().has_table
        return self._once_seen(table_name, lambda: look(table_name))

    @cached_property
    def has_default_pool_limit_col(self) -> bool:
        """Whether a pool's limit may be the default one."""
        with self.index_connection() as connection:
            return _has_column(connection, "concurrency_limits", "using_default_limit")

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        return self._once_seen(f"asset_keys.{column_name}", lambda: _has_column(conn, "asset_keys", column_name))

    def store_event(self, event: EventLogEntry) -> None:
        """Store what is kept of an event; of a run that ended too early, also tell what it did not come to."""
        stored = kept(event)
        if stored is None:
            return
        if event.dagster_event_type == DagsterEventType.RUN_FAILURE:
            stored = with_causes(stored, self._failures(event.run_id))
        if event.dagster_event_type in _ENDED_EARLY:
            withdraw_unbegun(self, event.run_id)
        if not self._store_at_once(stored):
            super().store_event(stored)

    def _store_at_once(self, event: EventLogEntry) -> bool:
        """Store an event of those of which a step has several; whether it is one."""
        kind = event.dagster_event_type
        if kind not in _OF_STEPS or event.dagster_event is None or not event.run_id:
            return False
        row = self._event_to_row(event)
        with self._connect() as connection:
            if kind == DagsterEventType.ASSET_CHECK_EVALUATION:
                found = event.dagster_event.asset_check_evaluation_data
                status = (
                    AssetCheckExecutionRecordStatus.SUCCEEDED
                    if found.passed
                    else AssetCheckExecutionRecordStatus.FAILED
                )
                write_evaluated(connection, row, found, status.value)
                return True
            number = write_event(connection, row)
            if kind == DagsterEventType.ASSET_MATERIALIZATION:
                self._materialized(connection, [event], [row], [number])
        return True

    def _materialized(
        self,
        connection: Connection,
        events: Sequence[EventLogEntry],
        rows: Sequence[Mapping[str, Any]],
        numbers: Sequence[int],
    ) -> None:
        """Write what hangs on materialisations of one asset, whose newest is the last."""
        asset = self._get_asset_entry_values(events[-1], numbers[-1], has_asset_key_index_cols=True)
        write_materialized(connection, rows, numbers, [self._tags_for_asset_event(one) for one in events], asset)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events that belong together; materialisations, and what announces them, by few statements.

        A run over a range of partitions announces one for each asset and partition when it is created, which the stock
        storage writes one by one: half a minute for ten years of days.
        """
        by_kind = defaultdict(list)
        for event in events:
            if (one := event if event.dagster_event_type in _ANNOUNCED else kept(event)) is not None:
                by_kind[one.dagster_event_type].append(one)
        for kind, same in by_kind.items():
            if kind in _ANNOUNCED:
                self._store_planned(same)
            elif kind == DagsterEventType.ASSET_MATERIALIZATION:
                self._store_materialized(same)
            else:
                super().store_event_batch(same)

    def _get_latest_materialization_records(self, raw_asset_rows: Any) -> Mapping[AssetKey, EventLogRecord | None]:
        """The newest materialisations of assets; the event log is asked only of those whose rows do not hold them."""
        found: dict[AssetKey, EventLogRecord | None] = {}
        others = []
        for row in raw_asset_rows:
            was_wiped, last = row["asset_details"], row["last_materialization"]
            record = deserialize_value(last) if last and not was_wiped else None
            if isinstance(record, EventLogRecord) and (key := AssetKey.from_db_string(row["asset_key"])):
                found[key] = record
            else:
                others.append(row)
        return {**found, **super()._get_latest_materialization_records(others)} if others else found

    def _failures(self, run_id: str) -> list[DagsterEvent]:
        found = self.get_logs_for_run(run_id, of_type=DagsterEventType.STEP_FAILURE)
        return [one.dagster_event for one in found if one.dagster_event is not None]

    def _store_planned(self, events: Sequence[EventLogEntry]) -> None:
        with self.index_transaction() as connection:
            numbers = write_events(connection, [self._event_to_row(one) for one in events])
            last = {
                one.get_dagster_event().asset_key: (one, number) for one, number in zip(events, numbers, strict=True)
            }
            for one, number in last.values():
                self._store_asset_event(connection, one, number)

    def _store_materialized(self, events: Sequence[EventLogEntry]) -> None:
        with self.index_transaction() as connection:
            for _, some in groupby(events, key=lambda one: one.get_dagster_event().asset_key):
                same = list(some)
                rows = [self._event_to_row(one) for one in same]
                self._materialized(connection, same, rows, write_events(connection, rows))


def _has_column(connection: Connection, table: str, column: str) -> bool:
    """Whether a table has a column; SQLAlchemy's look at a table asks a dozen questions more."""
    return bool(connection.execute(_HAS_COLUMN, {"table": table, "column": column}).scalar())


def has_made_tables(url: str) -> bool:
    """Whether this process has made all tables of Dagster in a database, so that they are those of its version."""
    storages = (PooledRunStorage, PooledEventLogStorage, PooledScheduleStorage)
    return _MADE.issuperset((storage, url) for storage in storages)


def database_url(instance: DagsterInstance) -> str:
    """The URL of the database that an instance of ours is in, password and all."""
    storage = instance.event_log_storage
    if not isinstance(storage, PooledEventLogStorage):
        raise PostgresError("This instance of Dagster does not keep its records in Postgres.")
    return str(storage.postgres_url)


class PooledScheduleStorage(_Pooled, PostgresScheduleStorage):
    """Schedules, sensors and their ticks, over the process's pool."""

    _metadata = ScheduleStorageSqlMetadata

    def _init_db(self) -> None:
        super()._init_db()
        # Of migrations of rows, none is left to do.
        self.migrate()
        self.optimize()

    def has_built_index(self, migration_name: str) -> bool:
        """Whether a migration of rows is complete."""
        look = super().has_built_index
        return self._once_seen(f"migration {migration_name}", lambda: look(migration_name))

    def _has_instigators_table(self, conn: Connection) -> bool:
        look = super()._has_instigators_table
        return self._once_seen("instigators", lambda: look(conn))

    def has_instigators_table(self) -> bool:
        """Whether there is the table of schedules and sensors."""
        return self._once_seen("instigators", super().has_instigators_table)

    def _has_asset_daemon_asset_evaluations_table(self, conn: Connection) -> bool:
        look = super()._has_asset_daemon_asset_evaluations_table
        return self._once_seen("asset_daemon_asset_evaluations", lambda: look(conn))
