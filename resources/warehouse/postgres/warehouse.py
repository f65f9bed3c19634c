"""The Postgres warehouse: each method of the contract as one session, carried out by the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from tributary.resources.warehouse.answers import Answer
from tributary.resources.warehouse.base import (
    NOBODY,
    LoadedSource,
    Origin,
    Published,
    Recipe,
    Rejected,
    RejectedSource,
    Source,
    Standing,
    Warehouse,
    WriteReport,
)
from tributary.resources.warehouse.postgres.ledger import all_sources, loaded_sources
from tributary.resources.warehouse.postgres.looking import review, standing
from tributary.resources.warehouse.postgres.notes import read_note
from tributary.resources.warehouse.postgres.records import ensure_parts
from tributary.resources.warehouse.postgres.relations import find, has_columns
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.task import Task
from tributary.resources.warehouse.postgres.write import Write
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Window

if TYPE_CHECKING:
    import pyarrow as pa


class PostgresWarehouse(Warehouse):
    """The warehouse in a Postgres database (17 or later).

    `url` is asked for at each use, and never shown; `reader_url`, for sessions that only read, is the same by default.
    """

    dialect = "postgres"

    def __init__(self, url: Callable[[], str], reader_url: Callable[[], str] | None = None) -> None:
        self._url = url
        self._reader_url = reader_url or url

    def rows(
        self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY, limit: int | None = None
    ) -> list[dict[str, Any]]:
        with open_session(self._reader_url(), origin, read_only=True) as session:
            cursor = session.query(sql, params)
            return cursor.fetchall() if limit is None else cursor.fetchmany(limit)

    @contextmanager
    def answer(self, sql: str, *, origin: Origin = NOBODY, limit: int | None = None) -> Iterator[Answer]:
        from tributary.resources.warehouse.postgres.answering import answer

        with open_session(self._reader_url(), origin, read_only=True) as session, answer(session, sql, limit) as found:
            yield found

    def arrow(self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY) -> pa.Table:
        from tributary.resources.warehouse.postgres.bulk import read_arrow

        with open_session(self._reader_url(), origin, read_only=True) as session:
            query = psycopg.ClientCursor(session.connection).mogrify(sql, params) if params else sql
            return read_arrow(session, query.strip().removesuffix(";"))

    def replace(
        self,
        table: Table,
        source: Source,
        *,
        window: Window | None = None,
        origin: Origin = NOBODY,
        fingerprint: str | None = None,
        fingerprints: Mapping[str, str] | None = None,
    ) -> WriteReport:
        task = Task(table, source, window, origin, fingerprint or "", fingerprints or {})
        with open_session(self._url(), origin, table=table) as session:
            return Write(session, task).run()

    def published(self, table: Table) -> Published | None:
        with open_session(self._url(), Origin(asset=table.key)) as session:
            note = read_note(session, table)
        return note.published if note is not None and note.published.fingerprint else None

    def published_sources(self, table: Table, names: Sequence[str] | None = None) -> Mapping[str, str]:
        with open_session(self._url(), Origin(asset=table.key)) as session:
            found = find(session, table)
            # Rows of other columns are of the past: the next write migrates them, and forgets what they came from.
            known = found is not None and has_columns(found, table) and read_note(session, table) is not None
            return loaded_sources(session, table, names) if known else {}

    def loaded_sources(self, table: Table) -> Mapping[str, LoadedSource]:
        with open_session(self._url(), Origin(asset=table.key)) as session:
            return all_sources(session, table) if read_note(session, table) is not None else {}

    def standing(self, table: Table, recipe: Recipe, *, origin: Origin = NOBODY) -> Standing:
        with open_session(self._url(), origin, table=table) as session:
            return standing(session, table, recipe)

    def review(self, table: Table, *, origin: Origin = NOBODY) -> WriteReport:
        with open_session(self._url(), origin, table=table) as session:
            return review(session, table)

    def reject(self, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin = NOBODY) -> None:
        from tributary.resources.warehouse.postgres.quarantine import ensure_quarantine, replace_records

        with open_session(self._url(), origin) as session:
            ensure_parts(session)
            ensure_quarantine(session)
            replace_records(session, table_name, rejects, origin)

    def rejected(self, table_name: str | None = None) -> list[RejectedSource]:
        from tributary.resources.warehouse.postgres.quarantine import rejected_sources

        with open_session(self._url(), NOBODY) as session:
            return rejected_sources(session, table_name)
