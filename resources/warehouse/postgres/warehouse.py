"""The Postgres engine (17 or later): sessions that read, by the reader's URL, and sessions that write one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from tributary.resources.warehouse.answers import Answer, Extracted
from tributary.resources.warehouse.base import NOBODY, Origin, Size, Update
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.postgres.notes import PUBLICATIONS
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.writing import PostgresSession
from tributary.resources.warehouse.table import LAYERS, Table
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa

_SIZES = """
SELECT n.nspname || '.' || c.relname AS key, greatest(sum(p.reltuples), 0)::bigint AS rows,
       sum(pg_total_relation_size(p.oid))::bigint AS bytes
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_inherits AS i ON i.inhparent = c.oid
JOIN pg_class AS p ON p.oid = i.inhrelid
WHERE n.nspname = ANY(%s)
GROUP BY n.nspname, c.relname
"""


class PostgresEngine(Engine):
    """A Postgres database.

    `url` is asked for at each use, and never shown; `reader_url`, for sessions that only read, is the same by default.
    """

    dialect = "postgres"
    publications = PUBLICATIONS

    def __init__(self, url: Callable[[], str], reader_url: Callable[[], str] | None = None) -> None:
        self._url = url
        self._reader_url = reader_url or url

    def rows(
        self, sql: str, params: Sequence[Any], origin: Origin, limit: int | None, seconds: float | None
    ) -> list[dict[str, Any]]:
        with open_session(self._reader_url(), origin, read_only=True, seconds=seconds) as session:
            cursor = session.query(sql, params)
            return cursor.fetchall() if limit is None else cursor.fetchmany(limit)

    @contextmanager
    def answer(self, sql: str, origin: Origin, limit: int | None) -> Iterator[Answer]:
        from tributary.resources.warehouse.postgres.answering import answer

        with open_session(self._reader_url(), origin, read_only=True) as session, answer(session, sql, limit) as found:
            yield found

    def arrow(self, sql: str, params: Sequence[Any], origin: Origin) -> pa.Table:
        from tributary.resources.warehouse.postgres.bulk import read_arrow

        with open_session(self._reader_url(), origin, read_only=True) as session:
            query = psycopg.ClientCursor(session.connection).mogrify(sql, params) if params else sql
            return read_arrow(session, query.strip().removesuffix(";"))

    def sizes(self) -> dict[str, Size]:
        return self.sizes_in(LAYERS)

    def sizes_in(self, schemas: Sequence[str]) -> dict[str, Size]:
        """How large the tables of some schemas are, by `schema.name`."""
        rows = self.rows(_SIZES, (list(schemas),), NOBODY, None, None)
        return {row["key"]: Size(row["rows"], row["bytes"]) for row in rows}

    def updates(self) -> dict[str, Update]:
        there = self.rows("SELECT to_regclass('_published.tables') IS NOT NULL AS is_there", (), NOBODY, None, None)
        if not there[0]["is_there"]:
            return {}
        rows = self.rows("SELECT table_name, rows, updated_at FROM _published.tables", (), NOBODY, None, None)
        return {row["table_name"]: Update(row["rows"], row["updated_at"]) for row in rows}

    @contextmanager
    def extract(self, table: Table, query: Sql, origin: Origin, seconds: float) -> Iterator[Extracted]:
        from tributary.resources.warehouse.postgres.extracting import extract

        with open_session(self._reader_url(), origin, read_only=True, table=table, seconds=seconds) as session:
            yield extract(session, table, query, seconds)

    @contextmanager
    def session(self, table: Table, origin: Origin) -> Iterator[PostgresSession]:
        with open_session(self._url(), origin, table=table) as session:
            yield PostgresSession(session, table)


class PostgresWarehouse(Warehouse):
    """The warehouse in a Postgres database."""

    def __init__(self, url: Callable[[], str], reader_url: Callable[[], str] | None = None) -> None:
        super().__init__(PostgresEngine(url, reader_url))
