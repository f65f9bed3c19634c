"""One connection to the warehouse's database for one read or one write, named after the run and asset behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from tributary.resources.interruption import breakable
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.errors import TimeLimitError, WarehouseError
from tributary.resources.warehouse.postgres import kept
from tributary.resources.warehouse.table import Table

APPLICATION = "tributary"
_CANCEL_SECONDS = 5.0
CLIENT_CHECK = "5s"
"""How long a statement may run on after its client died; a killed writer's or reader's would else run to its end."""

_CHECKING = f"SET client_connection_check_interval = '{CLIENT_CHECK}'"

READING_LIMIT = "1h"
"""The longest that one query may run."""

# Row security that binds even the owner must fail a write, not shrink what is made of a table in silence. The
# keepalives notice that a client's machine is gone, where the connection is not a local socket. The planner takes a row
# that a worker hands on for so dear that it has one process read all of what is written; that costs twice the time.
_WRITING = (
    "SET row_security = off; SET tcp_keepalives_idle = 60; SET tcp_keepalives_interval = 10; "
    "SET tcp_keepalives_count = 3; SET parallel_tuple_cost = 0.01"
)


class Session:
    """A connection in autocommit mode; transactions are explicit blocks.

    Every statement carries a comment with run and asset, so that a slow one in the server's log names its asset.
    """

    def __init__(
        self, connection: psycopg.Connection[dict[str, Any]], url: str, origin: Origin, table: Table | None = None
    ) -> None:
        self.connection = connection
        self._url = url
        self._origin = origin
        self._table = table
        self._comment = f"/* {APPLICATION} run={_plain(origin.run_id)} asset={_plain(origin.asset)} */ "

    def commented(self, sql: str) -> bytes:
        """The statement with the comment that names run and asset before it."""
        return (self._comment + sql).encode()

    def execute(self, sql: str, params: Sequence[Any] | None = None) -> psycopg.Cursor[dict[str, Any]]:
        """Run one statement; without `params` it may hold bare percent signs."""
        return self.connection.execute((self._comment + sql).encode(), params or None)

    def query(self, sql: str, params: Sequence[Any] | None = None) -> psycopg.Cursor[dict[str, Any]]:
        """Run exactly one query and nothing else.

        Only a query can stand where a relation does, which DO, COPY, SET and COMMIT cannot; and it is prepared, since
        the server prepares no text that holds several statements.
        """
        text = f"{self._comment}SELECT * FROM (\n{sql.strip().removesuffix(';')}\n) AS query"
        return self.connection.execute(text.encode(), params or None, prepare=True)

    def rows(self, sql: str, params: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """All rows of a query."""
        return self.execute(sql, params).fetchall()

    def same_for_all(self, sql: str, params: Sequence[Any] | None = None) -> list[dict[str, Any]]:
        """All rows of a statement whose text is the same for every table: it is planned once a connection.

        To plan a look into the server's catalogue takes it ten times as long as to answer. The comment would make it
        another text for each asset; the session's name tells run and asset too.
        """
        return self.connection.execute(sql.encode(), params or None, prepare=True).fetchall()

    def named(self, sql: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows of a query whose values are bound by name (`%(name)s`)."""
        return self.connection.execute((self._comment + sql).encode(), params).fetchall()

    def row(self, sql: str, params: Sequence[Any] | None = None) -> dict[str, Any]:
        """The one row of a query that always returns one."""
        found = self.execute(sql, params).fetchone()
        if found is None:
            raise WarehouseError(f"A statement that must return a row returned none: {sql[:80]}.")
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction, or a savepoint inside one."""
        with self.connection.transaction():
            yield

    @contextmanager
    def copy_in(self, sql: str) -> Iterator[psycopg.Copy]:
        """A COPY … FROM STDIN to write bytes to."""
        with self.connection.cursor() as cursor, cursor.copy((self._comment + sql).encode()) as copy:
            yield copy

    @contextmanager
    def beside(self) -> Iterator[Session]:
        """Another session of the same kind, for as long as the block runs."""
        with _writing(self._url, self._origin) as connection, breakable(partial(_cancel, connection)):
            yield Session(connection, self._url, self._origin, self._table)


@contextmanager
def open_session(
    url: str,
    origin: Origin,
    *,
    read_only: bool = False,
    table: Table | None = None,
    seconds: float | None = None,
) -> Iterator[Session]:
    """Connect, and turn the server's refusals into `WarehouseError`s.

    What is shown of `table` is shown without personal data, and so are refusals, which may quote values. `seconds` is
    the most that one query may take of those that only read.
    """
    reading = READING_LIMIT if seconds is None else f"{max(1, round(seconds * 1000))}ms"
    opened = _connect(url, origin) if read_only else _writing(url, origin)
    with opened as connection, breakable(partial(_cancel, connection)):
        try:
            session = Session(connection, url, origin, table)
            if read_only:
                session.execute(f"SET statement_timeout = '{reading}'")
                with _reading(session):
                    yield session
            else:
                yield session
        except psycopg.errors.QueryCanceled as error:
            limit = READING_LIMIT if seconds is None else f"{seconds:g} s"
            raise TimeLimitError(
                f"{origin.asset or 'The query'} was ended, as it took longer than {limit}: ask for less, or let it "
                "take longer."
            ) from error
        except psycopg.Error as error:
            if table is not None and table.is_private:
                kind = f"{type(error).__name__}, SQLSTATE {error.sqlstate}"
                raise WarehouseError(
                    f"{origin.asset or table.key} failed in Postgres ({kind}); "
                    "its words are withheld, as they may quote personal data."
                ) from None
            hint = (
                " Only one query can be run here."
                if read_only and isinstance(error, psycopg.errors.SyntaxError)
                else ""
            )
            raise WarehouseError(
                f"{origin.asset or 'The query'} failed in Postgres: {_explain(error)}{hint}"
            ) from error
        except BaseException as error:
            # An interruption: closing the connection alone would leave the server at work on the statement.
            if not isinstance(error, Exception) and connection.info.transaction_status is TransactionStatus.ACTIVE:
                _cancel(connection)
            raise


def _cancel(connection: kept.Connection) -> None:
    with suppress(psycopg.Error):  # a server that is gone has nothing at work
        connection.cancel_safe(timeout=_CANCEL_SECONDS)


@contextmanager
def _writing(url: str, origin: Origin) -> Iterator[kept.Connection]:
    """A connection that writes: one that the run has kept, or a new one."""
    name = sql.Literal(_name(origin)).as_string()
    begin = f"SET application_name = {name}; {_CHECKING}; {_WRITING}"
    connection = kept.take(url, begin)
    if connection is None:
        connection = _connect(url, origin)
        connection.execute(_WRITING)
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    kept.give(url, connection)


def _name(origin: Origin) -> str:
    return " ".join(part for part in (APPLICATION, origin.asset, origin.run_id[:8]) if part)[:63]


def _connect(url: str, origin: Origin) -> kept.Connection:
    name = _name(origin)
    try:
        connection = psycopg.connect(url, autocommit=True, row_factory=dict_row, application_name=name)
    except psycopg.OperationalError as error:
        raise WarehouseError(
            f"The warehouse's Postgres cannot be reached ({_first_line(error)}); start it with `tributary up`."
        ) from error
    with suppress(psycopg.errors.InvalidParameterValue):  # a server whose system cannot tell
        connection.execute(_CHECKING)
    return connection


@contextmanager
def _reading(session: Session) -> Iterator[None]:
    """A read-only transaction."""
    session.connection.read_only = True
    with session.transaction():
        yield


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isalnum() or character in "-_./")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _explain(error: psycopg.Error) -> str:
    diagnostics = error.diag
    parts = [diagnostics.message_primary or _first_line(error)]
    parts += [part for part in (diagnostics.message_detail, diagnostics.message_hint) if part]
    return "; ".join(part.rstrip(".") for part in parts) + "."
