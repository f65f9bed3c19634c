"""A session of one table in Postgres: what `EngineSession` asks for, as transactions over the modules beside this one.

A whole table is built in one transaction and published in another, so that the turn is held by a session beside; a
window is all of one transaction, so that whatever fails undoes it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from tributary.resources.warehouse.base import Delimited, Note, Source
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Built, EngineSession, MadeWay, Records
from tributary.resources.warehouse.postgres import notes, records
from tributary.resources.warehouse.postgres.build import build, prepare, window_sql
from tributary.resources.warehouse.postgres.deduplicate import keep_first, make_way
from tributary.resources.warehouse.postgres.differing import write_differing
from tributary.resources.warehouse.postgres.keyed import index_keys, make_way_for_keys
from tributary.resources.warehouse.postgres.migrate import expect_same_columns, migrate
from tributary.resources.warehouse.postgres.publish import move_rows, publish_whole, swap
from tributary.resources.warehouse.postgres.relations import (
    Found,
    describe,
    drop_stray_parts,
    ensure_index,
    ensure_schema,
    find,
    has_columns,
    new_part,
    part_sql,
)
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.snapshots import number_of_transaction
from tributary.resources.warehouse.postgres.statistics import analyse, analyse_part
from tributary.resources.warehouse.postgres.turns import expect_turn, take_turn, turn_beside
from tributary.resources.warehouse.postgres.views import publish_view
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Keys, SourceObjects, Window

FILE_STATISTICS = 20
ANALYSE_ROWS = 1_000
ANALYSE_SHARE = 0.1


class PostgresSession(EngineSession):
    """One table in one session."""

    def __init__(self, session: Session, table: Table) -> None:
        self.table = table
        self._session = session
        self._started = time.monotonic()
        self._part = new_part(table)
        self._built_in = 0
        self._beside: Session | None = None
        self._found: Found | None = None
        self._gone: str | None = None
        self._from_file = False
        self._is_analysed = False
        self._modified: int | None = None

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        return self._session.rows(sql, params)

    def owned(self, window: Window) -> Sql:
        return window_sql(self.table, window)

    def is_any(self, column: str, values: Collection[str]) -> str:
        # As a literal without a type, which the server takes from the column.
        items = ",".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in sorted(values))
        return f"{column} = ANY({sql.quote('{' + items + '}')})"

    def is_current(self) -> bool:
        found = find(self._session, self.table)
        return found is not None and has_columns(found, self.table)

    def note(self) -> Note | None:
        return notes.read_note(self._session, self.table)

    def renew_note(self, note: Note) -> None:
        notes.write_note(self._session, self.table, note, same_rows=True)

    def versions(self, names: Collection[str]) -> Mapping[str, str | None]:
        return notes.versions(self._session, names)

    def describe(self) -> None:
        found = find(self._session, self.table)
        if found is not None and has_columns(found, self.table) and (found.kind == "v") == (self.table.kind == "view"):
            describe(self._session, self.table, found)

    def size(self) -> int:
        query = (
            "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint AS n FROM pg_partition_tree(%s::regclass)"
        )
        return int(self._session.same_for_all(query, (self.table.sql_name,))[0]["n"])

    def has(self, name: str) -> bool:
        return bool(self._session.row("SELECT to_regclass(%s) IS NOT NULL AS found", (name,))["found"])

    def put(
        self,
        name: str,
        owned: Mapping[str, str | Sequence[str]],
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        records.put(self._session, name, owned, columns, rows)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        records.ensure(self._session, name)
        with self._session.transaction():
            take_turn(self._session, name)
            yield

    @contextmanager
    def writing(self, window: Window | None) -> Iterator[str]:
        session, table = self._session, self.table
        records.ensure(session, table.key)
        ensure_schema(session, table.schema)
        if window is None:
            with turn_beside(session, table.key) as self._beside:
                drop_stray_parts(session, table)
                try:
                    yield ""
                except Exception:
                    with suppress(psycopg.Error):  # the session may be what failed; the next write drops it
                        drop_stray_parts(session, table)
                    raise
            return
        migrated = "" if isinstance(window, Keys) else migrate(session, table, window)
        with session.transaction():
            take_turn(session, table.key)
            drop_stray_parts(session, table)
            yield migrated

    def build(self, source: Source, window: Window | None) -> Built:
        self._from_file = isinstance(source, Delimited)
        try:
            prepare(self._session, source, self._part)
            return self._build(source, window, at_once=True)
        except (psycopg.DataError, psycopg.IntegrityError):
            if not self._from_file:
                raise
            drop_stray_parts(self._session, self.table)
            return self._build(source, window, at_once=False)

    def _build(self, source: Source, window: Window | None, *, at_once: bool) -> Built:
        with self._session.transaction():
            built = build(self._session, self.table, source, self._part, window=window, at_once=at_once)
            if self.table.deduplicate is not None:
                built = replace(built, duplicates=keep_first(self._session, self.table.deduplicate, self._part))
            for columns in self.table.indexes if window is None else ():
                ensure_index(self._session, self._part, columns)
            if window is None and self.table.kind != "view" and not self._from_file:
                # The checks are planned by it: without, the server takes any number of keys for two hundred.
                analyse_part(self._session, self._part)
                self._is_analysed = True
            # Asked for last: it comes after those of the sessions that shared out a file, and stands for theirs.
            self._built_in = number_of_transaction(self._session)
            return built

    def standing(self, window: Window, looked_up: Collection[Sequence[str]]) -> str | None:
        self._found = expect_same_columns(self._session, self.table)
        standing = self._found.part if self._found is not None else None
        # By these, windows and readers find their rows and keys among millions.
        for columns in (*filter(None, looked_up), *self.table.indexes):
            ensure_index(self._session, standing or self._part, columns)
        if isinstance(window, Keys):
            index_keys(self._session, self.table, window, standing or self._part)
        if isinstance(window, SourceObjects):
            ensure_index(self._session, standing or self._part, (window.column,))
        if self.table.deduplicate is not None:
            ensure_index(self._session, standing or self._part, self.table.deduplicate.key)
        return part_sql(standing) if standing else None

    def make_way(self, window: Window, *, remember: bool) -> MadeWay:
        assert self._found is not None and self._found.part is not None  # noqa: S101, PT018 - rows stand
        session, table, part, standing = self._session, self.table, self._part, self._found.part
        if isinstance(window, Keys):
            self._gone = new_part(table)
            return make_way_for_keys(session, table, window, part, standing, self._gone)
        self._gone = new_part(table) if remember else None
        return make_way(session, table, window, part, standing, self._gone)

    def publish(self, window: Window | None, note: Note, changed: int, records: Records) -> None:
        session, table, part = self._session, self.table, self._part

        def at_publish(changed: int | None = None) -> None:
            if self._beside is not None:
                expect_turn(self._beside)
            self._modified = notes.write_note(session, table, note, changed=changed)
            records.write()

        if window is not None:
            if self._found is not None and self._found.part is not None:
                move_rows(session, table, part, self._found.part)
                describe(session, table, self._found)
            else:
                swap(session, table, self._found, part)
            if self._gone is not None:
                session.execute(f"DROP TABLE {part_sql(self._gone)}")
            at_publish(changed)
        elif table.kind == "view":
            publish_view(session, table, part, built_in=self._built_in, at_publish=at_publish)
        elif not self._publish_differing(changed, at_publish):
            seconds = time.monotonic() - self._started
            publish_whole(session, table, part, built_in=self._built_in, seconds=seconds, at_publish=at_publish)

    def _publish_differing(self, rows: int, at_publish: Callable[[int], None]) -> bool:
        """Publish a whole table by the rows that differ from those that stand; False, with nothing done, for many."""
        session, table, part = self._session, self.table, self._part
        found = find(session, table)
        if found is None or found.part is None or not has_columns(found, table):
            return False
        with session.transaction():
            differing = write_differing(session, table, part, found.part, rows)
            if differing is None:
                return False
            for columns in table.indexes:
                ensure_index(session, found.part, columns)
            session.execute(f"DROP TABLE {part_sql(part)}")
            describe(session, table, found)
            at_publish(differing)
        return True

    def discard(self) -> None:
        self._session.execute(f"DROP TABLE {part_sql(self._part)}")

    def tidy(self) -> None:
        if self.table.kind == "view" or (self._modified is not None and not self._is_worth_analysing(self._modified)):
            return
        if self._from_file:
            # Staged files are mostly read whole and joined by keys: a small sample says enough, at a fifth of the cost.
            self._session.execute(f"SET default_statistics_target = {FILE_STATISTICS}")
        analyse(self._session, self.table, analysed=self._part if self._is_analysed else None)
        if self._modified is not None:
            notes.note_analysed(self._session, self.table)

    def _is_worth_analysing(self, modified: int) -> bool:
        """Whether so many rows changed that new statistics are worth their cost, which is the same for any window."""
        query = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"
        known = self._session.row(query, (self.table.sql_name,))["reltuples"]
        return bool(modified) and (known <= 0 or modified >= max(ANALYSE_ROWS, ANALYSE_SHARE * known))
