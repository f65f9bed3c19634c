"""One replace, on any engine: build aside, audit, publish with a note, and tell. An engine's part is in `engine`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from tributary.resources.warehouse import ledger
from tributary.resources.warehouse.audit import ask, audit, preview_built
from tributary.resources.warehouse.base import Batches, Delimited, Note, Origin, Select, Source, WriteReport
from tributary.resources.warehouse.changes import Columns, differing, follow, followed, planned, tell
from tributary.resources.warehouse.checks import CheckResult, References, SetCheck, Sql
from tributary.resources.warehouse.counting import CountCheck, Counts
from tributary.resources.warehouse.engine import Built, EngineSession, MadeWay
from tributary.resources.warehouse.errors import InputsMovedError, OvertakenError, WarehouseError
from tributary.resources.warehouse.following import Follows
from tributary.resources.warehouse.quarantine import replace_lines
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Keys, SourceObjects, Window

UNCHANGED = "-- unchanged: the published rows are what this would make again"

MOST_COMPARED = 100_000
"""A table of more rows, written whole, is not compared with what stands: those who follow it make everything anew."""

_ATTEMPTS = 8
"""How often a write is begun again where others publish the table before it, on engines without locks."""


@dataclass(frozen=True)
class Order:
    """What `Warehouse.replace` was asked for."""

    table: Table
    source: Source
    window: Window | None
    origin: Origin
    fingerprint: str
    fingerprints: Mapping[str, str]
    follows: Follows | None = None
    copied: Note | None = None

    def refuse_misfits(self) -> None:
        """Refuse what does not go together.

        Raises:
            WarehouseError: it does not.
        """
        key, window = self.table.key, self.window
        if self.table.kind == "view" and (not isinstance(self.source, Select) or window is not None):
            raise WarehouseError(f"{key} is a view, which only a SELECT of the whole can make.")
        if isinstance(self.source, Delimited) and window is not None:
            raise WarehouseError(f"{key}: a file is loaded as a whole; give no window.")
        counted = isinstance(self.source, Delimited) or (isinstance(self.source, Batches) and self.source.reckon)
        if not counted and any(isinstance(check, CountCheck) for check in self.table.checks):
            raise WarehouseError(f"{key} has checks on counts, for which its source must tell what was read.")
        if isinstance(window, Keys):
            self._refuse_key_misfits(window)
        elif self.fingerprint and window is not None:
            raise WarehouseError(f"{key}: a fingerprint of all rows was given for a window; give `fingerprints`.")
        if not self.fingerprints:
            return
        if not isinstance(window, SourceObjects):
            raise WarehouseError(f"{key}: fingerprints of sources need a window of sources.")
        strange = sorted(self.fingerprints.keys() - set(window.names))
        if strange:
            raise WarehouseError(f"{key}: {strange[0]} has a fingerprint but is not in the window; add it there.")

    def _refuse_key_misfits(self, window: Keys) -> None:
        key = self.table.key
        if self.table.deduplicate is not None:
            raise WarehouseError(f"{key} deduplicates over all windows, which windows of keys cannot.")
        strange = [name for name in window.columns if name not in self.table.column_names]
        if strange or not window.columns:
            raise WarehouseError(f"{key}: a window of keys needs columns of the table; {strange or 'none'} was given.")
        if any(len(one) != len(window.columns) or None in one for one in window.values):
            raise WarehouseError(f"{key}: each key has a value, never null, for each of {', '.join(window.columns)}.")


class Write:
    """Carries out one order in one session."""

    def __init__(self, session: EngineSession, order: Order) -> None:
        self._session = session
        self._order = order
        self._table = order.table
        self._started = time.perf_counter()
        self._phases: dict[str, float] = {}

    def run(self) -> WriteReport:
        """Build, audit, publish, and tell.

        Raises:
            ChecksFailed, WarehouseError: as `Warehouse.replace` says.
        """
        self._order.refuse_misfits()
        for _ in range(_ATTEMPTS - 1):
            with suppress(OvertakenError):
                return self._run()
        return self._run()

    def _run(self) -> WriteReport:
        session, window = self._session, self._order.window
        with session.writing(window) as migrated:
            built = self._build(window)
            self._phase("build")
            report = self._whole(built) if window is None else self._window(built, window)
        self._phase("publish")
        if not report.unchanged:
            session.tidy()
        size = session.size()
        self._phase("analyse")
        seconds = time.perf_counter() - self._started
        return replace(report, bytes=size, seconds=seconds, phases=self._phases, migrated=migrated)

    def _build(self, window: Window | None) -> Built:
        source, follows = self._order.source, self._order.follows
        if not isinstance(window, Keys) or not isinstance(source, Select):
            return self._session.build(source, window)
        built = self._session.build(planned(self._session, source, window), window)
        if follows is not None:
            expected = {**follows.versions, self._table.key: follows.own}
            if self._session.versions(expected) != expected:
                raise InputsMovedError(
                    f"{self._table.key}: it or an input was published while changes were read; run it again."
                )
        return replace(built, statement=source.sql)

    def _whole(self, built: Built) -> WriteReport:
        rows, checks = self._audit(built, built.duplicates)
        found = self._report(built, rows, checks, built.duplicates)
        counted = built.reckoning
        note = self._noted(Note(rows, "", built.content, counted.read, counted.rejected, noted_failures(checks)))
        records = _Records(self._session, self._order, built, forget=True)
        stands = bool(built.content) and self._has_content(built.content)
        before = None if stands else self._session.note()
        if before is not None and (looked_up := self._compared(before, rows)):
            stands = self._has_all_rows(built, before, rows)
            if not stands:
                previous = self._session.versions([self._table.key])[self._table.key]
                told = differing(self._session, looked_up, built.relation, self._table.sql_name)
                records = replace(records, previous=previous, told=told)
        if stands:
            self._session.discard()
            self._session.renew_note(note)
            self._session.describe()
            return _as_it_stands(found)
        self._session.publish(None, note, rows, records)
        return found

    def _compared(self, before: Note, rows: int) -> list[Columns]:
        """The columns for whose followers a table that is written whole is compared with the rows that stand."""
        if max(rows, before.rows) > MOST_COMPARED or not self._session.is_current():
            return []
        return followed(self._session)

    def _noted(self, note: Note) -> Note:
        """The note with what the order says that the table's rows follow from, or were copied from."""
        follows, copied = self._order.follows, self._order.copied
        note = replace(note, fingerprint=self._order.fingerprint)
        if copied is not None:
            note = replace(note, checks=copied.checks, updated_at=copied.updated_at)
        return note if follows is None else replace(note, recipe=follows.recipe, inputs=follows.versions)

    def _has_content(self, content: str) -> bool:
        note = self._session.note()
        return note is not None and note.content == content and self._session.is_current()

    def _window(self, built: Built, window: Window) -> WriteReport:
        session = self._session
        self._refuse_rows_outside(built, window)
        looked_up = followed(session)
        standing, note = session.standing(window, looked_up), session.note()
        forget = note is None or not isinstance(window, SourceObjects) or ledger.has_other_column(session, window)
        records = _Records(session, self._order, built, forget=forget)
        if standing and note and self._has_same_rows(built, window, standing):
            rows, checks = self._audit(built, built.duplicates)
            found = self._report(built, rows, checks, built.duplicates, table_rows=self._counted(note, 0))
            session.discard()
            if isinstance(window, Keys):
                session.renew_note(self._noted(Note(note.rows, checks=self._failures(note, checks))))
            replace(records, forget=forget and isinstance(window, SourceObjects)).write()
            session.describe()
            return _as_it_stands(found)
        way = session.make_way(window, remember=bool(looked_up)) if standing else MadeWay("")
        if way.gone and note:
            previous = session.versions([self._table.key])[self._table.key]
            told = differing(session, looked_up, built.relation, way.gone)
            records = replace(records, previous=previous, told=told)
        duplicates = built.duplicates + way.beaten + way.same
        rows, checks = self._audit(built, duplicates, way.staying or None)
        total = self._counted(note, rows - way.deleted - way.displaced) if standing else rows
        duplicates -= way.same
        found = self._report(built, rows + way.same, checks, duplicates, table_rows=total, displaced=way.displaced)
        noted = self._noted(Note(total, checks=self._failures(note, checks)))
        session.publish(window, noted, rows + way.deleted + way.displaced, records)
        return found

    def _failures(self, note: Note | None, checks: Sequence[CheckResult]) -> Mapping[str, int] | None:
        """What is known of all rows after some keys were checked; of other windows it is not noted."""
        if note is None or note.checks is None or not isinstance(self._order.window, Keys):
            return None
        return noted_failures(checks, note.checks)

    def _refuse_rows_outside(self, built: Built, window: Window) -> None:
        """Refuse new rows that the window does not own; of a SELECT, none was taken.

        Raises:
            WarehouseError: there are such rows.
        """
        if isinstance(self._order.source, Select):
            return
        owned = self._session.owned(window)
        query = f"SELECT count(*) AS n FROM {built.relation} WHERE NOT coalesce({owned.text}, false)"
        outside = ask(self._session, Sql(query, owned.params))[0]["n"]
        if outside:
            raise WarehouseError(
                f"{self._table.key}: {outside:,} of the rows lie outside the window {window}; none was published."
            )

    def _has_all_rows(self, built: Built, before: Note, rows: int) -> bool:
        """Whether the table's rows are the very ones that were built, so many."""
        standing, everything = self._table.sql_name, Sql("true")
        # A view may have other rows by now than those that were counted.
        view = self._table.kind == "view"
        stand = self._session.rows(f"SELECT count(*) AS n FROM {standing}")[0]["n"] if view else before.rows
        return rows == stand and self._lacks_none(built, everything, standing)

    def _has_same_rows(self, built: Built, window: Window, standing: str) -> bool:
        """Whether the window's rows are the very ones that were built, so that none need be moved."""
        session = self._session
        return session.has_as_many(built, window, standing) and self._lacks_none(built, session.owned(window), standing)

    def _lacks_none(self, built: Built, owned: Sql, standing: str) -> bool:
        """Whether each row built is among the owned ones, as often."""
        there = f"FROM {standing} AS s WHERE {owned.text}"
        columns = ", ".join(quoted(name) for name in self._table.column_names)
        other = f"SELECT {columns} FROM {built.relation} EXCEPT ALL SELECT {columns} {there}"
        return bool(ask(self._session, Sql(f"SELECT NOT EXISTS ({other}) AS alike", owned.params))[0]["alike"])

    def _counted(self, note: Note | None, added: int) -> int:
        """The rows of the whole table, to which a window adds so many: counted only where the note does not tell."""
        if note is not None and note.rows:
            return note.rows + added
        return int(self._session.rows(f"SELECT count(*) AS n FROM {self._table.sql_name}")[0]["n"]) + added

    def _audit(self, built: Built, duplicates: int, staying: str | None = None) -> tuple[int, list[CheckResult]]:
        """Count and check the rows aside; keys also against those that stay beside them."""

        def count(check: CountCheck, rows: int) -> CheckResult:
            counted = built.reckoning
            return check.found(Counts(counted.read, rows, counted.rejected, duplicates), counted.reasons)

        relation, known = built.relation, self._session.known()
        return audit(self._session, relation, count, staying=staying, proven=self._is_proven, known=known)

    def _is_proven(self, check: SetCheck) -> bool:
        """Whether the SELECT lets the check hold, and read the very rows that it looks into."""
        source = self._order.source
        proof = source.proof if isinstance(source, Select) else None
        if proof is None or check.name not in proof.checks:
            return False
        if not isinstance(check, References):
            return True
        key = f"{check.schema}.{check.table}"
        return key in proof.versions and self._session.versions([key])[key] == proof.versions[key]

    def _report(
        self,
        built: Built,
        rows: int,
        checks: Sequence[CheckResult],
        duplicates: int,
        **more: Any,
    ) -> WriteReport:
        shown = preview_built(self._session, built.relation)
        self._phase("audit")
        return WriteReport(
            table=self._table,
            rows=rows,
            bytes=0,
            seconds=0.0,
            statement=built.statement,
            checks=checks,
            preview=shown,
            lines=built.reckoning.read,
            rejected=built.reckoning.rejected,
            duplicates=duplicates,
            fingerprint=self._order.fingerprint,
            keys=len(self._order.window.values) if isinstance(self._order.window, Keys) else None,
            **more,
        )

    def _phase(self, name: str) -> None:
        self._phases[name] = time.perf_counter() - self._started - sum(self._phases.values())


@dataclass(frozen=True)
class _Records:
    """The ledger, the quarantine and the feed of changes, as they are to be beside the rows built.

    `forget` says that no older entry of the ledger holds; `told` are values that differ from the `previous` version.
    Announced, objects of the window count as not loaded: a write that is lost behind that is then done again.
    """

    session: EngineSession
    order: Order
    built: Built
    forget: bool
    previous: str | None = None
    told: Mapping[Columns, list[list[str]]] = field(default_factory=dict)

    def announce(self) -> None:
        window = self.order.window
        ledger.forget(self.session, None if self.forget or not isinstance(window, SourceObjects) else window.names)
        self._replace_lines()

    def write(self) -> None:
        window = self.order.window
        if self.forget:
            ledger.forget(self.session)
        if isinstance(window, SourceObjects):
            ledger.note(self.session, window, self.order.fingerprints)
        self._replace_lines()
        tell(self.session, self.previous, self.told)
        if window is None:
            follow(self.session, self.order.follows)

    def _replace_lines(self) -> None:
        if isinstance(self.order.source, Delimited):
            replace_lines(self.session, self.order.source.name, self.built.rejects, self.order.origin)


def noted_failures(checks: Sequence[CheckResult], before: Mapping[str, int] | None = None) -> dict[str, int]:
    """What checks found, by their names; of a part of the rows, not less than what was found before of all."""
    return {one.check.name: max(one.failures, (before or {}).get(one.check.name, 0)) for one in checks}


def _as_it_stands(report: WriteReport) -> WriteReport:
    return replace(report, unchanged=True, statement=f"{UNCHANGED}\n{report.statement}")
