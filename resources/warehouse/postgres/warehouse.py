"""The Postgres warehouse: build aside, audit, publish."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from resources.warehouse.base import (
    NOBODY,
    Batches,
    Delimited,
    Origin,
    Published,
    Select,
    Source,
    Warehouse,
    WriteReport,
)
from resources.warehouse.checks import CheckResult, Unique
from resources.warehouse.delimited.scan import Reject
from resources.warehouse.errors import ChecksFailed, WarehouseError
from resources.warehouse.postgres.audit import audit
from resources.warehouse.postgres.publish import publish_view, publish_whole, publish_window, window_sql
from resources.warehouse.postgres.relations import (
    PARTS,
    column_definitions,
    drop_stray_parts,
    ensure_schema,
    find,
    new_part,
    part_sql,
)
from resources.warehouse.postgres.session import Session, open_session
from resources.warehouse.table import Table, quoted
from resources.warehouse.types import postgres_type
from resources.warehouse.windows import Window

if TYPE_CHECKING:
    import pyarrow as pa

PREVIEW_ROWS = 10
FILE_STATISTICS = 20


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

    def arrow(self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY) -> pa.Table:
        from resources.warehouse.postgres.bulk import read_arrow

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
    ) -> WriteReport:
        with open_session(self._url(), origin) as session:
            write = _Write(session, table, source, window, origin, fingerprint)
            return write.view() if table.kind == "view" else write.table()

    def published(self, table: Table) -> Published | None:
        with open_session(self._url(), Origin(asset=table.key)) as session:
            return _published(session, table)

    def review(self, table: Table, *, origin: Origin = NOBODY) -> WriteReport:
        started = time.perf_counter()
        with open_session(self._url(), origin) as session:
            note = _published(session, table)
            rows, checks = audit(session, table.checks, table.sql_name)
            if any(result.blocks for result in checks):
                raise ChecksFailed(table.key, checks)
            return WriteReport(
                table=table,
                rows=rows,
                bytes=_size(session, table),
                seconds=time.perf_counter() - started,
                statement="-- unchanged: the published rows were made from this very version",
                checks=checks,
                preview=session.rows(f"SELECT * FROM {table.sql_name} LIMIT {PREVIEW_ROWS}"),
                lines=note.lines if note else 0,
                rejected=note.rejected if note else 0,
            )


class _Write:
    """One replace, from an empty relation aside to published rows."""

    def __init__(
        self,
        session: Session,
        table: Table,
        source: Source,
        window: Window | None,
        origin: Origin,
        fingerprint: str | None,
    ) -> None:
        self.session = session
        self.target = table
        self.source = source
        self.window = window
        self.origin = origin
        self.fingerprint = fingerprint
        self.part = new_part(table)
        self.started = time.perf_counter()
        self.phases: dict[str, float] = {}
        self.rejects: list[Reject] = []
        self.lines = 0
        self.statement = ""

    def table(self) -> WriteReport:
        self._prepare()
        try:
            built = self._aside(at_once=True)
        except (psycopg.DataError, psycopg.IntegrityError):
            if not isinstance(self.source, Delimited):
                raise
            built = self._aside(at_once=False)
        rows, checks, preview, built_in = built
        if self.window is None:
            publish_whole(
                self.session,
                self.target,
                self.part,
                built_in=built_in,
                note=Published(self.fingerprint or "", rows, self.lines, len(self.rejects)),
                at_publish=self._note_rejects,
            )
        self._phase("publish")
        # Partitioned parents are never analysed by autovacuum, and joins and groupings are planned by their statistics.
        if isinstance(self.source, Delimited):
            # Staged files are mostly read whole and joined by keys: a small sample says enough, at a fifth of the cost.
            self.session.execute(f"SET default_statistics_target = {FILE_STATISTICS}")
        self.session.execute(f"ANALYZE {self.target.sql_name}")
        size = _size(self.session, self.target)
        self._phase("analyse")
        return self._report(rows, size, checks, preview)

    def _aside(self, *, at_once: bool) -> tuple[int, list[CheckResult], list[dict[str, Any]], int]:
        """Build and audit in one transaction: rows, check results, preview, and the transaction's number."""
        with self.session.transaction():
            built_in: int = self.session.row("SELECT pg_current_xact_id()::text::bigint AS xid")["xid"]
            self._build(at_once)
            self._phase("build")
            rows, checks = self._audit(part_sql(self.part))
            preview = self.session.rows(f"SELECT * FROM {part_sql(self.part)} LIMIT {PREVIEW_ROWS}")
            self._phase("audit")
            if self.window is not None:
                publish_window(self.session, self.target, self.part, self.window)
                self._note_rejects()
        return rows, checks, preview, built_in

    def view(self) -> WriteReport:
        if not isinstance(self.source, Select) or self.window is not None:
            raise WarehouseError(f"{self.target.key} is a view, which only a SELECT of the whole can make.")
        self._prepare()
        self.statement = self.source.sql
        select = self._typed(self.source.sql)
        aside = part_sql(self.part)
        with self.session.transaction():
            self.session.execute(f"CREATE VIEW {aside} AS {select}")
            rows, checks = self._audit(aside)
            preview = self.session.rows(f"SELECT * FROM {aside} LIMIT {PREVIEW_ROWS}")
            self.session.execute(f"DROP VIEW {aside}")
            publish_view(self.session, self.target, select)
        self._phase("build")
        return self._report(rows, 0, checks, preview)

    def _prepare(self) -> None:
        for schema in (PARTS, self.target.schema):
            ensure_schema(self.session, schema)
        if isinstance(self.source, Delimited):
            from resources.warehouse.postgres.quarantine import ensure_quarantine

            ensure_quarantine(self.session)
        # Two runs that write one table take turns; the lock goes with the session, however that ends.
        self.session.execute("SELECT pg_advisory_lock(hashtext(%s))", (f"tributary {self.target.key}",))
        drop_stray_parts(self.session, self.target)

    def _build(self, at_once: bool) -> None:
        session, table, source = self.session, self.target, self.source
        if isinstance(source, Select):
            self.statement = source.sql
            session.execute(f"CREATE TABLE {part_sql(self.part)} AS {self._typed(source.sql)}")
        elif isinstance(source, Batches):
            from resources.warehouse.postgres.bulk import copy_batches

            self.statement = f"COPY {table.key} FROM STDIN (FORMAT csv)"
            session.execute(f"CREATE TABLE {part_sql(self.part)} ({column_definitions(table.columns)})")
            copy_batches(session, table, iter(source.batches), self.part)
        else:
            from resources.warehouse.postgres.load import create_part, load_file

            self.statement = f"COPY {table.key} FROM STDIN (FORMAT csv, ON_ERROR ignore)"
            create_part(session, source.contract, self.part)
            loaded = load_file(session, source, self.part, at_once=at_once)
            self.rejects, self.lines = loaded.rejects, loaded.lines

    def _typed(self, select: str) -> str:
        """The SELECT with each column cast to the type that the table declares."""
        columns = ", ".join(
            f"{quoted(column.name)}::{postgres_type(column.type)} AS {quoted(column.name)}"
            for column in self.target.columns
        )
        typed = f"SELECT {columns} FROM (\n{select}\n) AS q"
        if self.window is None:
            return typed
        # Asked for outside, the window's bounds are pushed down by the planner to wherever the column comes from.
        literal = psycopg.ClientCursor(self.session.connection).mogrify(*window_sql(self.window))
        return f"{typed} WHERE {literal}"

    def _audit(self, relation: str) -> tuple[int, list[CheckResult]]:
        checks = self.target.checks
        rows, results = audit(self.session, checks, relation)
        if self.window is not None:
            self._refuse_rows_outside(relation)
            results = self._recheck_keys(relation, results)
        if any(result.blocks for result in results):
            raise ChecksFailed(self.target.key, results)
        return rows, results

    def _refuse_rows_outside(self, relation: str) -> None:
        assert self.window is not None  # noqa: S101 - the caller asked
        condition, params = window_sql(self.window)
        outside = self.session.row(f"SELECT count(*) AS n FROM {relation} WHERE ({condition}) IS NOT TRUE", params)["n"]
        if outside:
            raise WarehouseError(
                f"{self.target.key}: {outside:,} of the rows lie outside the window {self.window}; none was published."
            )

    def _recheck_keys(self, relation: str, results: list[CheckResult]) -> list[CheckResult]:
        """A key must be unique in the whole table that results, not only among the window's new rows."""
        if self.window is None or find(self.session, self.target) is None:
            return results
        condition, params = window_sql(self.window)
        literal = psycopg.ClientCursor(self.session.connection).mogrify(condition, params)
        names = ", ".join(quoted(name) for name in self.target.column_names)
        union = (
            f"(SELECT {names} FROM {relation} UNION ALL "
            f"SELECT {names} FROM {self.target.sql_name} WHERE ({literal}) IS NOT TRUE)"
        )
        again = {result.check.name: result for result in results}
        for check in self.target.checks:
            if isinstance(check, Unique):
                again[check.name] = audit(self.session, [check], union)[1][0]
        return [again[result.check.name] for result in results]

    def _note_rejects(self) -> None:
        if isinstance(self.source, Delimited):
            from resources.warehouse.postgres.quarantine import replace_rejects

            windowed = self.window is not None
            replace_rejects(
                self.session, self.target, self.source.name, self.rejects, self.origin, only_source=windowed
            )

    def _phase(self, name: str) -> None:
        self.phases[name] = time.perf_counter() - self.started - sum(self.phases.values())

    def _report(self, rows: int, size: int, checks: list[CheckResult], preview: list[dict[str, Any]]) -> WriteReport:
        return WriteReport(
            table=self.target,
            rows=rows,
            bytes=size,
            seconds=time.perf_counter() - self.started,
            statement=self.statement,
            checks=checks,
            preview=preview,
            lines=self.lines,
            rejected=len(self.rejects),
            phases=self.phases,
        )


def _published(session: Session, table: Table) -> Published | None:
    found = find(session, table)
    note = json.loads(found.part_comment) if found is not None and found.part_comment else {}
    return Published(**note) if note.get("fingerprint") else None


def _size(session: Session, table: Table) -> int:
    size: int = session.row(
        "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint AS bytes FROM pg_partition_tree(%s::regclass)",
        (table.sql_name,),
    )["bytes"]
    return size
