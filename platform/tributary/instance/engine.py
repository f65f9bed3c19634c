"""The process's kept connections to Dagster's database; what is asked over them stands in the storages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError

from tributary.resources.dagster_internals.postgres_storages import CHANNEL_NAME, create_pg_engine
from tributary.resources.postgres.errors import PostgresError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import ConnectionPoolEntry

_NOTIFY = f"NOTIFY {CHANNEL_NAME},"
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
