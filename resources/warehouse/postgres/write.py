"""One replace, from an empty relation aside to published rows: prepare, build, audit, publish."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from tributary.resources.warehouse.base import Delimited, Published, Select, WriteReport
from tributary.resources.warehouse.checks import CheckResult
from tributary.resources.warehouse.counting import CountCheck, Counts
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.audit import audit
from tributary.resources.warehouse.postgres.build import Built, build, typed
from tributary.resources.warehouse.postgres.deduplicate import keep_first
from tributary.resources.warehouse.postgres.ledger import forget_sources, note_sources, take_rows
from tributary.resources.warehouse.postgres.looking import UNCHANGED, preview_of, size_of
from tributary.resources.warehouse.postgres.migrate import expect_same_columns, migrate
from tributary.resources.warehouse.postgres.notes import Note, read_note, write_note
from tributary.resources.warehouse.postgres.publish import expect_table, move_rows, publish_new, publish_whole
from tributary.resources.warehouse.postgres.records import ensure_parts
from tributary.resources.warehouse.postgres.relations import (
    drop_stray_parts,
    ensure_schema,
    has_columns,
    new_part,
    part_sql,
)
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.snapshots import number_of_transaction
from tributary.resources.warehouse.postgres.task import Task
from tributary.resources.warehouse.postgres.turns import ensure_turn, expect_turn, take_turn, turn_beside
from tributary.resources.warehouse.postgres.views import publish_view
from tributary.resources.warehouse.postgres.windowed import (
    Cleared,
    clear_way,
    has_same_rows,
    index_for,
    recheck_keys,
    refuse_rows_outside,
    worth_analysing,
)
from tributary.resources.warehouse.windows import Sources, Window

FILE_STATISTICS = 20


@dataclass(frozen=True)
class Aside:
    """Rows that were built, checked and, of a window, moved in; `analyse` says whether the planner should know.

    `unchanged` says that the window held these very rows, and that none was moved.
    """

    built: Built
    rows: int
    checks: Sequence[CheckResult]
    preview: Sequence[Mapping[str, Any]]
    transaction: int = 0
    duplicates: int = 0
    displaced: int = 0
    analyse: bool = True
    table_rows: int | None = None
    unchanged: bool = False


class Write:
    """Carries out one task in one session."""

    def __init__(self, session: Session, task: Task) -> None:
        self._session = session
        self._task = task
        self._table = task.table
        self._part = new_part(task.table)
        self._started = time.perf_counter()
        self._phases: dict[str, float] = {}
        self._beside: Session | None = None
        self._migrated = ""

    def run(self) -> WriteReport:
        """Prepare, build, audit, publish, and tell.

        Raises:
            ChecksFailed, WarehouseError: as `Warehouse.replace` says.
        """
        self._task.refuse_misfits()
        self._prepare()
        if self._task.window is None:
            # Built and published in transactions of their own, so that the turn is held by a session beside.
            with turn_beside(self._session, self._table.key) as beside:
                self._beside = beside
                drop_stray_parts(self._session, self._table)
                return self._view() if self._table.kind == "view" else self._rows()
        ensure_turn(self._session, self._table.key)
        self._migrated = migrate(self._session, self._table, self._task.window)
        return self._rows()

    def _prepare(self) -> None:
        ensure_parts(self._session)
        ensure_schema(self._session, self._table.schema)
        if isinstance(self._task.source, Delimited):
            from tributary.resources.warehouse.postgres.quarantine import ensure_quarantine

            ensure_quarantine(self._session)

    def _rows(self) -> WriteReport:
        try:
            aside = self._aside(at_once=True)
        except (psycopg.DataError, psycopg.IntegrityError):
            if not isinstance(self._task.source, Delimited):
                raise
            aside = self._aside(at_once=False)
        unchanged = aside.unchanged if self._task.window is not None else not self._publish(aside)
        self._phase("publish")
        if aside.analyse and not unchanged:
            self._analyse()
        size = size_of(self._session, self._table)
        self._phase("analyse")
        return self._report(aside, size, unchanged=unchanged)

    def _aside(self, *, at_once: bool) -> Aside:
        """Build and audit in one transaction, in which a window's rows are moved in as well."""
        session, table, window = self._session, self._table, self._task.window
        with session.transaction():
            if window is not None:
                take_turn(session, table.key)
                drop_stray_parts(session, table)
            transaction = number_of_transaction(session)
            built = build(session, table, self._task.source, self._part, window=window, at_once=at_once)
            self._phase("build")
            if window is not None:
                return self._into_window(built, window)
            dropped = keep_first(session, table.deduplicate, self._part) if table.deduplicate else built.duplicates
            rows, checks = self._audit(part_sql(self._part), built, dropped)
            preview = preview_of(session, part_sql(self._part))
            self._phase("audit")
        return Aside(built, rows, checks, preview, transaction, dropped)

    def _into_window(self, built: Built, window: Window) -> Aside:
        session, table, part = self._session, self._table, self._part
        found = expect_same_columns(session, table)
        standing = found.part if found is not None else None
        refuse_rows_outside(session, table, window, part)
        dropped = keep_first(session, table.deduplicate, part) if table.deduplicate else built.duplicates
        index_for(session, table, window, standing or part)
        if standing and read_note(session, table) and has_same_rows(session, table, window, part, standing):
            return self._as_it_stands(built, window, dropped)
        cleared = clear_way(session, table, window, part, standing) if standing else Cleared()
        rows, checks = self._audit(part_sql(part), built, dropped + cleared.beaten, standing)
        preview = preview_of(session, part_sql(part))
        self._phase("audit")
        note = read_note(session, table)
        if note is None or not isinstance(window, Sources):
            forget_sources(session, table)
        if isinstance(window, Sources):
            note_sources(session, table, window, self._task.fingerprints, part)
            take_rows(session, table, cleared.displaced)
        if standing:
            move_rows(session, table, part, standing)
        else:
            publish_new(session, table, found, part)
        displaced = sum(cleared.displaced.values())
        changed = rows + cleared.deleted + displaced
        modified = changed + (note.modified if note else 0)
        analyse = modified > 0 and modified >= worth_analysing(session, table)
        total = self._counted(note, rows - cleared.deleted - displaced)
        if changed or note is None:
            write_note(session, table, Published("", total, 0, 0), modified=0 if analyse else modified)
        self._replace_lines(built)
        return Aside(built, rows, checks, preview, 0, dropped + cleared.beaten, displaced, analyse, total)

    def _as_it_stands(self, built: Built, window: Window, dropped: int) -> Aside:
        """Leave a window whose rows were made again as they are: no row moves, and the table keeps its version."""
        session, table, part = self._session, self._table, self._part
        rows, checks = self._audit(part_sql(part), built, dropped)
        preview = preview_of(session, part_sql(part))
        if isinstance(window, Sources):
            note_sources(session, table, window, self._task.fingerprints, part)
        session.execute(f"DROP TABLE {part_sql(part)}")
        self._replace_lines(built)
        self._phase("audit")
        total = self._counted(read_note(session, table), 0)
        return Aside(built, rows, checks, preview, 0, dropped, analyse=False, table_rows=total, unchanged=True)

    def _counted(self, note: Note | None, added: int) -> int:
        """The rows of the whole table, where a window has added so many: counted only where the note does not tell."""
        if note is not None and note.published.rows:
            return note.published.rows + added
        total: int = self._session.row(f"SELECT count(*) AS n FROM {self._table.sql_name}")["n"]
        return total

    def _publish(self, aside: Aside) -> bool:
        """Publish the whole table; False where these very rows are published already, and stay."""
        session, table, built = self._session, self._table, aside.built

        def note(*, same_rows: bool = False) -> None:
            counted = built.reckoning
            published = Published(self._task.fingerprint, aside.rows, counted.read, counted.rejected)
            write_note(session, table, published, content=built.content, checks=aside.checks, same_rows=same_rows)

        if built.content and self._is_published(built.content):
            with session.transaction():
                session.execute(f"DROP TABLE {part_sql(self._part)}")
                note(same_rows=True)
            return False

        def at_publish() -> None:
            self._expect_turn()
            note()
            forget_sources(session, table)
            self._replace_lines(built)

        seconds = time.perf_counter() - self._started
        publish_whole(session, table, self._part, built_in=aside.transaction, seconds=seconds, at_publish=at_publish)
        return True

    def _is_published(self, content: str) -> bool:
        noted, found = read_note(self._session, self._table), expect_table(self._session, self._table)
        return noted is not None and noted.content == content and found is not None and has_columns(found, self._table)

    def _view(self) -> WriteReport:
        session, table, source = self._session, self._table, self._task.source
        assert isinstance(source, Select)  # noqa: S101 - the task refused anything else
        aside = part_sql(self._part)
        with session.transaction():
            transaction = number_of_transaction(session)
            session.execute(f"CREATE VIEW {aside} AS {typed(session, table, source.sql)}")
            rows, checks = self._audit(aside, Built(source.sql), 0)
            preview = preview_of(session, aside)
        self._phase("build")

        def at_publish() -> None:
            self._expect_turn()
            write_note(session, table, Published(self._task.fingerprint, rows, 0, 0), checks=checks)

        publish_view(session, table, self._part, built_in=transaction, at_publish=at_publish)
        self._phase("publish")
        return self._report(Aside(Built(source.sql), rows, checks, preview), 0)

    def _expect_turn(self) -> None:
        if self._beside is not None:
            expect_turn(self._beside)

    def _audit(
        self, relation: str, built: Built, duplicates: int, standing: str | None = None
    ) -> tuple[int, list[CheckResult]]:
        """Count and check the rows aside; keys also against a table's other rows, where it has such."""

        def count(check: CountCheck, rows: int) -> CheckResult:
            counted = built.reckoning
            return check.found(Counts(counted.read, rows, counted.rejected, duplicates), counted.reasons)

        rows, results = audit(self._session, self._table.checks, relation, count)
        if standing is not None:
            results = recheck_keys(self._session, self._table, results, self._part, standing)
        if any(result.blocks for result in results):
            raise ChecksFailed(self._table.key, results)
        return rows, results

    def _replace_lines(self, built: Built) -> None:
        task = self._task
        if isinstance(task.source, Delimited):
            from tributary.resources.warehouse.postgres.quarantine import replace_lines

            one = task.window is not None
            replace_lines(self._session, task.table, task.source.name, built.rejects, task.origin, only_source=one)

    def _analyse(self) -> None:
        """Partitioned parents are never analysed by autovacuum, and joins are planned by their statistics."""
        if isinstance(self._task.source, Delimited):
            # Staged files are mostly read whole and joined by keys: a small sample says enough, at a fifth of the cost.
            self._session.execute(f"SET default_statistics_target = {FILE_STATISTICS}")
        self._session.execute(f"ANALYZE {self._table.sql_name}")

    def _phase(self, name: str) -> None:
        self._phases[name] = time.perf_counter() - self._started - sum(self._phases.values())

    def _report(self, aside: Aside, size: int, *, unchanged: bool = False) -> WriteReport:
        return WriteReport(
            table=self._table,
            rows=aside.rows,
            bytes=size,
            seconds=time.perf_counter() - self._started,
            statement=f"{UNCHANGED}\n{aside.built.statement}" if unchanged else aside.built.statement,
            checks=aside.checks,
            preview=aside.preview,
            lines=aside.built.reckoning.read,
            rejected=aside.built.reckoning.rejected,
            phases=self._phases,
            duplicates=aside.duplicates,
            displaced=aside.displaced,
            unchanged=unchanged,
            table_rows=aside.table_rows,
            fingerprint=self._task.fingerprint,
            migrated=self._migrated,
        )
