"""The serving port: reads tables from Postgres for many askers at once, each answer of one publication.

API and pages read by it. What they ask is theirs to word; how a warehouse writes is not known here, but that it tells
in `_published.tables` which version of each table's rows stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.table import quoted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PUBLICATION = b"""
SELECT count(*) AS known, string_agg(version, ' ' ORDER BY table_name) AS version, max(updated_at) AS updated_at,
    CAST(sum(rows) AS bigint) AS rows
FROM _published.tables WHERE table_name = ANY(%s)
"""
"""Asks which versions of some tables stand; their rows are of these in a transaction that `lock` began."""

_MOST = 8
"""Connections at most: more would only wait for the server's cores."""


class ServingError(TributaryError):
    """A table cannot be read now."""


class NotPublishedError(ServingError):
    """It was never made, or is gone."""


class TooLongError(ServingError):
    """It took longer than one question may."""


class UnreachableError(ServingError):
    """The database does not answer, or all connections are taken."""


class Publication(NamedTuple):
    """Which rows an answer is of: a version of the tables that it reads, when they last changed, and how many are."""

    version: str
    updated_at: datetime
    rows: int


def lock(tables: Sequence[str]) -> str:
    """The statement that begins a transaction in which some tables and what is noted of them are of one publication.

    A partition that is attached shows to snapshots which are older than its note. So the snapshot, which is taken by
    the first query, must come behind the lock: while that is held, no partition is attached or detached.
    """
    names = ", ".join(".".join(map(quoted, table.split(".", 1))) for table in tables)
    return f"LOCK TABLE {names} IN ACCESS SHARE MODE"


class Serving:
    """Readers of a warehouse's database, by the URL of its reader.

    Args:
        url: of the database.
        seconds: that one question may take in the database.
        patience: seconds to wait for a connection.
        copy_of: what people call the engine whose tables are copied here; empty where this is the warehouse itself.
    """

    def __init__(self, url: str, *, seconds: float = 15.0, patience: float = 10.0, copy_of: str = "") -> None:
        self.copy_of = copy_of
        self._first = f"materialise it first{f', and then its copy from {copy_of}' if copy_of else ''}"
        self._seconds = seconds
        self._patience = patience
        self._lock = asyncio.Lock()
        self._is_open = False
        self._pool: AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=_MOST,
            open=False,
            timeout=patience,
            configure=self._configure,
            kwargs={
                "row_factory": tuple_row,
                "application_name": "tributary serving",
                "connect_timeout": 5,
                "options": "-c timezone=UTC",
            },
        )

    async def publication(self, tables: Sequence[str]) -> Publication:
        """Which version of some tables stands; raises as `rows`."""
        async with self._reading(tables) as connection:
            told = await connection.execute(PUBLICATION, [list(tables)])
            return self._publication(tables, await told.fetchone())

    async def plain(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on what is noted of tables, none where nothing was published yet; raises as `rows`."""
        try:
            async with self._reading(()) as connection:
                return await (await connection.execute(sql.encode())).fetchall()
        except NotPublishedError:
            return []

    async def rows(
        self, tables: Sequence[str], sql: str, params: Sequence[Any] = ()
    ) -> tuple[Publication, list[tuple[Any, ...]]]:
        """The rows of a query on some tables, and the publication that they are of.

        Raises:
            NotPublishedError: a table was never made, or is gone.
            TooLongError: it took too long.
            UnreachableError: the database does not answer.
        """
        async with self._reading(tables) as connection, connection.pipeline():
            await connection.execute(lock(tables).encode())
            told = await connection.execute(PUBLICATION, [list(tables)])
            found = await connection.execute(sql.encode(), params or None)
            publication = self._publication(tables, await told.fetchone())
            return publication, await found.fetchall()

    async def close(self) -> None:
        """Let go of all connections."""
        async with self._lock:
            if self._is_open:
                self._is_open = False
                await self._pool.close()

    async def _configure(self, connection: AsyncConnection[tuple[Any, ...]]) -> None:
        await connection.set_read_only(True)
        await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        await connection.set_autocommit(True)
        await connection.execute(f"SET statement_timeout = '{round(self._seconds * 1000)}ms'".encode())

    @asynccontextmanager
    async def _reading(self, tables: Sequence[str]) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        async with self._lock:
            if not self._is_open:
                await self._pool.open()
                self._is_open = True
        names = ", ".join(tables)
        try:
            async with self._pool.connection() as connection, connection.transaction():
                yield connection
        except PoolTimeout:
            raise UnreachableError(
                f"{names} cannot be read now: no connection to the warehouse's database was to be had within "
                f"{self._patience:g} s. Ask again."
            ) from None
        except psycopg.errors.QueryCanceled:
            raise TooLongError(
                f"{names} was read for longer than {self._seconds:g} s: ask for less, or for an export."
            ) from None
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InvalidSchemaName):
            raise NotPublishedError(f"{names} is not there as it is declared: {self._first}.") from None
        except psycopg.errors.FeatureNotSupported:
            # It was prepared before columns changed; the pool makes a new connection in place of a closed one.
            await connection.close()
            raise UnreachableError(f"The columns of {names} have just changed. Ask again.") from None
        except psycopg.OperationalError:
            raise UnreachableError("The warehouse's database does not answer. Ask again.") from None

    def _publication(self, tables: Sequence[str], told: tuple[Any, ...] | None) -> Publication:
        known, version, updated_at, rows = told or (0, None, None, None)
        if known < len(set(tables)):
            raise NotPublishedError(f"{', '.join(tables)} was not made yet: {self._first}.")
        return Publication(version, updated_at, rows)
