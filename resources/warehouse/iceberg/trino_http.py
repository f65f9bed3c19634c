"""Carries statements to a Trino by its own protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import stamina

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.iceberg.transport import (
    Result,
    ResultColumn,
    Spent,
    StatementError,
    Transport,
    UnreachableError,
    Usage,
)
from tributary.resources.warehouse.table import quoted

Cursor = Any
"""One of `trino.dbapi`, which has no types."""

_NO_ROOM = ("TOO_MANY_REQUESTS_FAILED", "NO_NODES_AVAILABLE", "QUERY_QUEUE_FULL", "SERVER_STARTING_UP")
_TIMED_OUT = ("EXCEEDED_TIME_LIMIT",)
SCAN_LIMIT = "EXCEEDED_SCAN_LIMIT"
_SCANNED_TOO_MUCH = (
    "it read more bytes of its tables than TRIBUTARY_TRINO_SCAN_LIMIT, or the server, allows, and was ended; "
    "read less, or raise the limit"
)
_PATIENCE = 120.0
_ROWS = 1000


class TrinoTransport(Transport):
    """A Trino at a URL.

    Args:
        url: where it is.
        user: the name under which it is asked.
        catalogue: that of the tables.
        password: what goes with the name, by https only.
        statements: how many statements are given to it at a time.
        spent: is told of each statement.
        scan_limit: the bytes that a statement may read from tables; None for no limit but the server's own.
    """

    engine = "Trino"

    def __init__(
        self,
        url: str,
        user: str,
        catalogue: str,
        password: str | None = None,
        statements: int = 2,
        spent: Spent | None = None,
        scan_limit: int | None = None,
    ) -> None:
        self._url, self._user, self._catalogue, self._password = url, user, catalogue, password
        self._room = threading.BoundedSemaphore(statements)
        self._spent = spent
        self._properties = {} if scan_limit is None else {"query_max_scan_physical_bytes": f"{scan_limit}B"}

    @contextmanager
    def run(self, sql: str, origin: Origin, *, seconds: float | None = None, worded: bool = False) -> Iterator[Result]:
        cursor = self._started(sql, origin, seconds, worded)
        try:
            yield Result(_columns(cursor), _rows(cursor))
        finally:
            cursor.close()  # ends what was not walked
            self._tell(cursor, origin)

    def upkeep(self, name: str, *, compact: bool, days: int) -> list[str]:
        table = ".".join(map(quoted, name.split(".")))
        steps = ["optimize(file_size_threshold => '16MB')"] if compact else []
        steps += [f"{step}(retention_threshold => '{days}d')" for step in ("expire_snapshots", "remove_orphan_files")]
        return [f"ALTER TABLE {table} EXECUTE {step}" for step in steps]

    def _started(self, sql: str, origin: Origin, seconds: float | None, worded: bool) -> Cursor:
        for attempt in stamina.retry_context(on=_NoRoomError, attempts=None, timeout=_PATIENCE, wait_max=10):
            with attempt, self._room:
                cursor = self._cursor(origin, seconds, worded)
                try:
                    with _refusals(self._url):
                        cursor.execute(sql)
                except _NoRoomError:
                    raise
                except BaseException:
                    # Also where the run is cancelled: the engine would work on for nobody.
                    cursor.close()
                    raise
                return cursor
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _cursor(self, origin: Origin, seconds: float | None, worded: bool) -> Cursor:
        from trino.auth import BasicAuthentication
        from trino.dbapi import connect

        opened: Any = connect
        where = urlsplit(self._url)
        named = {"run": origin.run_id, "asset": origin.asset}
        return opened(
            host=where.hostname,
            port=where.port or (443 if where.scheme == "https" else 8080),
            http_scheme=where.scheme,
            user=self._user,
            auth=None if self._password is None else BasicAuthentication(self._user, self._password),
            catalog=self._catalogue,
            source=" ".join(("tributary", *filter(None, (origin.asset, origin.run_id[:8])))),
            client_tags=[f"{key}={_plain(value)}" for key, value in named.items() if value],
            session_properties=self._properties if seconds is None else self._properties | _within(seconds),
        ).cursor(legacy_primitive_types=worded)

    def _tell(self, cursor: Cursor, origin: Origin) -> None:
        stats = cursor.stats
        if self._spent is None or not stats:
            return
        queued, elapsed = (stats.get(name, 0) / 1000 for name in ("queuedTimeMillis", "elapsedTimeMillis"))
        scanned = int(stats.get("physicalInputBytes", 0))
        self._spent(origin, Usage(str(cursor.query_id or ""), scanned, queued, max(0.0, elapsed - queued)))


class _NoRoomError(Exception):
    """The engine has no room for a statement now."""


@contextmanager
def _refusals(url: str) -> Iterator[None]:
    from requests import RequestException
    from trino.exceptions import Error, TrinoQueryError

    try:
        yield
    except TrinoQueryError as error:
        name = str(error.error_name or "")
        if name in _NO_ROOM:
            raise _NoRoomError(name) from None
        words = _SCANNED_TOO_MUCH if name == SCAN_LIMIT else str(error.message)
        raise StatementError(words, name, timed_out=name in _TIMED_OUT) from None
    except (RequestException, Error) as error:
        raise UnreachableError(
            f"Trino at {url} cannot be reached ({type(error).__name__}); start it with `tributary trino up`."
        ) from None


def _within(seconds: float) -> dict[str, str]:
    return {"query_max_run_time": f"{max(seconds, 0.001):.3f}s"}


def _columns(cursor: Cursor) -> tuple[ResultColumn, ...]:
    return tuple(ResultColumn(str(one[0]), str(one[1])) for one in cursor.description or ())


def _rows(cursor: Cursor) -> Iterator[tuple[Any, ...]]:
    while True:
        with _refusals(""):
            some = cursor.fetchmany(_ROWS)
        if not some:
            return
        yield from map(tuple, some)


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character in "-_./")
