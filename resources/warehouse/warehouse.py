"""The warehouse's contract, on any engine: read, and replace.

Every write replaces exactly the rows it owns, so that it can be repeated after any crash. Readers see the old rows or
the new ones, never a missing, empty or half table. There is no append and no upsert.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse import ledger, published, quarantine
from tributary.resources.warehouse.answers import Answer, Extracted
from tributary.resources.warehouse.base import (
    NOBODY,
    Maintained,
    Note,
    Origin,
    Publication,
    Recipe,
    Rejected,
    RejectedSource,
    Size,
    Source,
    Standing,
    Update,
    WriteReport,
)
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.following import Follows
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Window
from tributary.resources.warehouse.write import Order, Write

if TYPE_CHECKING:
    import pyarrow as pa


class Warehouse:
    """The tables, on an engine. Engines differ in how they build and publish, never in what a reader can see.

    `dialect` is that in which `assets.factory.dialects` writes the models' statements, `publications` a SELECT of when
    each table was last updated (`Engine`).
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect
        self.publications = engine.publications

    def rows(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        origin: Origin = NOBODY,
        limit: int | None = None,
        seconds: float | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a query, as dictionaries; the session is read-only.

        Raises:
            TimeLimitError: it took longer than `seconds`.
            WarehouseError: the engine refused the query.
        """
        return self._engine.rows(sql, params, origin, limit, seconds)

    def answer(self, sql: str, *, origin: Origin = NOBODY, limit: int | None = None) -> AbstractContextManager[Answer]:
        """The answer to one query, EXPLAIN or SHOW, worded by the server; the session is read-only, and rows stream.

        Raises:
            UsageError: the text is no single statement.
            WarehouseError: the engine refused the query.
        """
        return self._engine.answer(sql, origin, limit)

    def extract(
        self, table: Table, query: Sql, *, origin: Origin = NOBODY, seconds: float
    ) -> AbstractContextManager[Extracted]:
        """The rows of a query in bounded memory, as `table` declares them, once they have passed its checks.

        Each placeholder of the query stands in a cast to the type that it is to have, since a value may come as text.
        Checks and rows are of one state of the warehouse; the session is read-only. `seconds` are for all of it.

        Raises:
            ChecksFailed: a blocking check failed.
            TimeLimitError: it took longer, also while the rows are walked.
            WarehouseError: the engine refused the query.
        """
        return self._engine.extract(table, query, origin, seconds)

    def sizes(self) -> Mapping[str, Size]:
        """How large the tables of all layers are, by `schema.name`; views are none.

        Raises:
            WarehouseError: the engine cannot be reached.
        """
        return self._engine.sizes()

    def updates(self) -> Mapping[str, Update]:
        """What was published, by `schema.name`, as it is noted: the rows of each, and when they last changed.

        Raises:
            WarehouseError: the engine cannot be reached.
        """
        return self._engine.updates()

    def maintain(self, *, origin: Origin = NOBODY) -> Sequence[Maintained]:
        """Look after the files of all tables, where the engine does not by itself; what was done, table by table.

        Raises:
            WarehouseError: the engine cannot be reached.
        """
        return self._engine.maintain(origin)

    def arrow(self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY) -> pa.Table:
        """The rows of a query as an Arrow table, at bulk speed; the session is read-only.

        Raises:
            WarehouseError: the engine refused the query.
        """
        return self._engine.arrow(sql, params, origin)

    def replace(
        self,
        table: Table,
        source: Source,
        *,
        window: Window | None = None,
        origin: Origin = NOBODY,
        fingerprint: str | None = None,
        fingerprints: Mapping[str, str] | None = None,
        follows: Follows | None = None,
        copied: Note | None = None,
    ) -> WriteReport:
        """Replace the rows of `table` that `window` owns (all, where it is None) by those of `source`.

        Builds aside, runs the table's checks there, then publishes at once.

        Args:
            fingerprint: what the rows of a whole table were made from, for `published` to tell later; given with a
                window of keys, it says that all other rows follow from the same.
            fingerprints: by source object of a `Sources` window, what its rows were made from, for
                `published_sources` to tell later; read when the rows have been used up. Objects of the window that it
                leaves out count as not loaded.
            follows: what `standing` gave, to be asked by it later. With a window of keys, the inputs must still be of
                these versions when the rows have been built.
            copied: what another warehouse notes of the rows, where they are a copy from there: when they last changed,
                and what checks found, is then noted as it is there.

        Raises:
            ChecksFailed: a blocking check failed; the old rows stay.
            InputsMovedError: an input of `follows` was published in between; the old rows stay.
            WarehouseError: the source or the engine refused; the old rows stay.
        """
        order = Order(table, source, window, origin, fingerprint or "", fingerprints or {}, follows, copied)
        with self._engine.session(table, origin) as session:
            report = Write(session, order).run()
        return dataclasses.replace(report, spent=self._engine.spent(origin))

    def publication(self, table: Table, *, origin: Origin = NOBODY) -> Publication:
        """Which rows of a table stand. Ask it before `batches`: rows that come in between are then told as old ones.

        Raises:
            WarehouseError: the engine cannot be reached.
        """
        with self._engine.session(table, origin) as session:
            return Publication(session.versions([table.key])[table.key], session.note())

    def batches(self, table: Table, *, origin: Origin = NOBODY) -> Iterator[pa.RecordBatch]:
        """The rows of a table that stand, of one publication, as Arrow has the columns that it declares.

        Raises:
            WarehouseError: the table is not there, or the engine refused.
        """
        return self._engine.batches(table, origin)

    def published(self, table: Table) -> Note | None:
        """What the published rows were made from; None where that is not known."""
        with self._engine.session(table, Origin(asset=table.key)) as session:
            note = session.note()
        return note if note is not None and note.fingerprint else None

    def published_sources(self, table: Table, names: Sequence[str] | None = None) -> Mapping[str, str]:
        """By source object that is loaded, of those of `names` or of all, what its published rows were made from.

        A source that gave no row is loaded all the same. A write of the whole table forgets all of them.
        """
        with self._engine.session(table, Origin(asset=table.key)) as session:
            # Rows of other columns are of the past: the next write migrates them, and forgets what they came from.
            known = session.is_current() and session.note() is not None
            return ledger.loaded(session, names) if known else {}

    def standing(self, table: Table, recipe: Recipe, *, origin: Origin = NOBODY) -> Standing:
        """Whether the published rows of `table`, written whole, are what `recipe` would make again now.

        Where they are, the table is given its documentation, of which its rows do not follow.

        Call it before the inputs are read. An input that is published anew in between then makes the noted fingerprint
        an old one, so that the next look finds the table out of date: never a false report that nothing changed.

        Raises:
            ChecksFailed: only the tables that checks look into have changed, and a blocking check fails now.
            WarehouseError: the engine cannot be reached.
        """
        with self._engine.session(table, origin) as session:
            found = published.standing(session, recipe)
            if found.report is not None:
                session.describe()
            return found

    def describe(self, table: Table, *, origin: Origin = NOBODY) -> None:
        """Give a table whose rows stand the documentation that it declares; nothing is written anew.

        Raises:
            WarehouseError: the engine refused.
        """
        with self._engine.session(table, origin) as session:
            session.describe()

    def review(self, table: Table, *, origin: Origin = NOBODY, noted: bool = False) -> WriteReport:
        """Look at the published rows again, as a write would report them, and check them; nothing is written.

        With `noted` they are counted, and compared with other tables; what their write found of them alone is told as
        it was noted, which holds as long as the table's checks are those of that write.

        Raises:
            ChecksFailed: a blocking check fails on the published rows.
            WarehouseError: the table is not there.
        """
        with self._engine.session(table, origin) as session:
            return published.review(session, noted=noted)

    def reject(self, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin = NOBODY) -> None:
        """Make these the rejected records of each named source for `table_name`, at once; an empty sequence clears it.

        Raises:
            WarehouseError: two records of a source have the same number, or the engine refused; nothing changed.
        """
        with self._engine.session(quarantine.REJECTS, origin) as session:
            quarantine.replace_records(session, table_name, rejects, origin)

    def rejected(self, table_name: str | None = None) -> list[RejectedSource]:
        """The sources that have rejected records (of one table, or of all), by table and source."""
        with self._engine.session(quarantine.REJECTS, NOBODY) as session:
            return quarantine.rejected_sources(session, table_name)

    def rename_rejected(self, names: Mapping[str, str]) -> None:
        """Give the rejected records of tables that have other names now (by the former one) their names of now.

        Raises:
            WarehouseError: the engine refused.
        """
        with self._engine.session(quarantine.REJECTS, NOBODY) as session:
            for former, name in names.items():
                quarantine.rename_records(session, former, name)
