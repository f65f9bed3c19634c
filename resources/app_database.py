"""The form app's database as the platform sees it: read, never written, and possibly on another server.

How to read belongs here; which tables an app has and what their rows mean belongs to the source that reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tributary.resources.errors import TributaryError

if TYPE_CHECKING:
    import psycopg

APPLICATION = "tributary pull"
CHUNK = 5_000
"""Rows that a stream fetches at a time."""


class AppDatabaseError(TributaryError):
    """The app's database cannot be reached, or refused a query; nothing was read to its end."""


class Snapshot:
    """One state of the database, however long it is read: a read-only transaction."""

    def __init__(self, connection: psycopg.Connection[dict[str, Any]]) -> None:
        self._connection = connection
        self._streams = 0

    def rows(self, sql: str, params: Sequence[Any] = (), *, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
        """The rows of a query as a stream in bounded memory, fetched `chunk` at a time; values are bound as `%s`."""
        self._streams += 1
        with self._connection.cursor(f"stream_{self._streams}") as cursor:
            cursor.itersize = chunk
            cursor.execute(sql.encode(), params or None)
            yield from cursor

    def row(self, sql: str, params: Sequence[Any] = ()) -> dict[str, Any]:
        """The one row of a query that always returns one.

        Raises:
            AppDatabaseError: it returned none.
        """
        found = self._connection.execute(sql.encode(), params or None).fetchone()
        if found is None:
            raise AppDatabaseError(f"A query of the app's database that must return a row returned none: {sql[:80]}.")
        return found


class AppDatabase:
    """Reads the database at `url`, which is asked for at each use and never shown."""

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """A state of the database to read from; it holds a connection, so keep it short.

        Raises:
            AppDatabaseError: the server cannot be reached, or refuses a query made inside.
        """
        import psycopg

        try:
            with self._connect() as connection, connection.transaction():
                yield Snapshot(connection)
        except psycopg.Error as error:
            reason = error.diag.message_primary or _first_line(error)
            raise AppDatabaseError(f"The app's database refused to be read: {reason.rstrip('.')}.") from error

    def rows(self, sql: str, params: Sequence[Any] = (), *, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
        """The rows of one query as a stream, in a snapshot of its own.

        Raises:
            AppDatabaseError: as `snapshot` says.
        """
        with self.snapshot() as snapshot:
            yield from snapshot.rows(sql, params, chunk=chunk)

    def _connect(self) -> psycopg.Connection[dict[str, Any]]:
        import psycopg
        from psycopg.rows import dict_row

        try:
            connection = psycopg.connect(self._url(), row_factory=dict_row, application_name=APPLICATION)
        except psycopg.OperationalError as error:
            raise AppDatabaseError(
                f"The app's database cannot be reached ({_first_line(error)}): check that its server runs."
            ) from error
        except psycopg.ProgrammingError:
            # libpq's message quotes the part that it does not understand, which may be the password.
            raise AppDatabaseError(
                "The URL of the app's database cannot be read: write postgresql://user:password@host:port/database."
            ) from None
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
