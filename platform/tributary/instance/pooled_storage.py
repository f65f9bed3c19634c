"""Dagster's three Postgres storages over kept connections.

The stock storages open a connection for every statement, which costs more than the statement: a run of many small
assets spends most of its time so. These keep a small pool in each process, shared by the three, and leave out what
the stock ones ask or tell the server again and again to no effect. Tables, rows and configuration are Dagster's.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from dagster import AssetKey, BetaWarning, DagsterEventType, EventLogRecord
from sqlalchemy import MetaData, event, text
from sqlalchemy.exc import DisconnectionError

from tributary.instance.configuration import URL_VARIABLE
from tributary.instance.event_rows import ALONE, write_evaluated, write_event, write_materialized
from tributary.instance.telling import kept, with_causes
from tributary.instance.unbegun import withdraw_unbegun
from tributary.resources.dagster_internals.postgres_storages import (
    CHANNEL_NAME,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
    RunStorageSqlMetadata,
    ScheduleStorageSqlMetadata,
    SqlEventLogStorageMetadata,
    create_pg_engine,
    newest_revision,
)
from tributary.resources.dagster_internals.records import (
    AssetCheckExecutionRecordStatus,
    SqlEventLogStorageTable,
    deserialize_value,
)
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import get_settings

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, EventLogEntry
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

    from tributary.resources.dagster_internals.records import ConfigurableClassData

# `dagster.yaml` names a handler of logs, which Dagster still marks as beta; every process would warn of it.
warnings.filterwarnings("ignore", message=".*yaml-defined logging.*", category=BetaWarning)

_OF_STEPS = ALONE | {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_CHECK_EVALUATION}
_ENDED_EARLY = (DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED)
_NOTIFY = f"NOTIFY {CHANNEL_NAME},"

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

_TABLES_LOCK = 0x64616773746572

POOL_SIZE = 3
"""Connections that a process keeps; more are opened for a moment when they are needed."""

MAX_OVERFLOW = 20
"""Connections beyond the kept ones that a process may open (the daemon and the UI work with threads)."""

RECYCLE_SECONDS = 1800
"""Age at which a kept connection is replaced: proxies before a managed server drop older idle ones."""


OUTAGE_SECONDS = 4.0
"""For so long a server that is gone is asked again and again; a restart takes less."""

TRUSTED_SECONDS = 5.0
"""A connection used this recently is used again without asking the server whether it still lives."""


@lru_cache
def pooled_engine(postgres_url: str) -> Engine:
    """The process's engine for a database, in autocommit; a connection that lay idle is checked before it is used."""
    engine = create_pg_engine(
        postgres_url,
        isolation_level="AUTOCOMMIT",
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        pool_recycle=RECYCLE_SECONDS,
        # What is bound may be personal data, and a refusal would quote it.
        hide_parameters=True,
    )
    event.listen(engine, "checkin", _remember_when)
    event.listen(engine, "checkout", _check_if_idle)
    event.listen(engine, "do_execute", _skip_notify)
    event.listen(engine, "do_connect", _Outage().connect)
    # A forked child shares its parent's sockets: it must neither use nor close them.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


class _Outage:
    """Ends the patience of Dagster, which asks six times for each statement, with a server that is gone."""

    def __init__(self) -> None:
        self._since: float | None = None

    def connect(self, dialect: Any, _record: object, words: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Connect as the dialect would.

        Raises:
            PostgresError: the server has not answered for a while; Dagster does not take that for a reason to wait.
        """
        try:
            connection = dialect.connect(*words, **options)
        except dialect.loaded_dbapi.OperationalError as error:
            self._since = self._since or time.monotonic()
            if time.monotonic() - self._since < OUTAGE_SECONDS:
                raise
            reason = str(error).strip().partition("\n")[0]
            raise PostgresError(f"Dagster's database does not answer ({reason}): check that its server runs.") from None
        self._since = None
        return connection


def _remember_when(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["returned"] = time.monotonic()


def _check_if_idle(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Pre-ping for idle connections only: SQLAlchemy's own would double the round trips of a busy run."""
    returned = record.info.get("returned")
    if returned is None or time.monotonic() - returned < TRUSTED_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except connection.Error as error:
        # The pool answers this by opening another connection.
        raise DisconnectionError from error


def _skip_notify(_cursor: object, statement: str, _parameters: object, _context: object) -> bool | None:
    """Drop the NOTIFY that follows every event: nothing listens any more, and it costs a commit and a global lock."""
    return True if statement.startswith(_NOTIFY) else None


@contextmanager
def one_at_a_time(postgres_url: str) -> Iterator[None]:
    """Let one process at a time change what all find: Dagster's own making of its tables, for one, is no atom."""
    with pooled_engine(postgres_url).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _TABLES_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _TABLES_LOCK})


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
        # A code server opens an instance for each tick of a sensor: looking for tables is a connection each time.
        known = (cls, url) in _KNOWN
        with nullcontext() if known else one_at_a_time(url):
            storage = cls(postgres_url=url, should_autocreate_tables=not known, inst_data=inst_data)  # type: ignore[call-arg]  # the stock storage's constructor, mixed in below
        _KNOWN.add((cls, url))
        storage._engine = pooled_engine(url)  # type: ignore[attr-defined]
        return storage

    _metadata: ClassVar[MetaData]

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
        look = super().has_asset_key_col
        return self._once_seen(f"asset_keys.{column_name}", lambda: look(column_name))

    def has_table(self, table_name: str) -> bool:
        """Whether the event log has the table."""
        look = super().has_table
        return self._once_seen(table_name, lambda: look(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        look = super()._has_asset_key_col_on_connection
        return self._once_seen(f"asset_keys.{column_name}", lambda: look(conn, column_name))

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
                asset = self._get_asset_entry_values(event, number, has_asset_key_index_cols=True)
                write_materialized(connection, row, number, self._tags_for_asset_event(event), asset)
        return True

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events that belong together; those that announce materialisations by one statement.

        A run over a range of partitions announces one for each asset and partition when it is created, which the stock
        storage writes one by one: half a minute for ten years of days.
        """
        planned = [one for one in events if one.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION_PLANNED]
        others = [
            one
            for one in map(kept, events)
            if one is not None and one.dagster_event_type != DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        ]
        if planned:
            self._store_planned(planned)
        if others:
            super().store_event_batch(others)

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
        statement = self.prepare_insert_event_batch(events).returning(SqlEventLogStorageTable.c.id)
        with self._connect() as connection:
            numbers = [int(row[0]) for row in connection.execute(statement).fetchall()]
        last = {one.get_dagster_event().asset_key: (one, number) for one, number in zip(events, numbers, strict=True)}
        with self.index_transaction() as connection:
            for one, number in last.values():
                self._store_asset_event(connection, one, number)


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
