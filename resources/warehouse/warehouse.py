"""The warehouse on any engine: each method of the contract as one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse import ledger, published, quarantine
from tributary.resources.warehouse.answers import Answer
from tributary.resources.warehouse.base import (
    NOBODY,
    Note,
    Origin,
    Recipe,
    Rejected,
    RejectedSource,
    Source,
    Standing,
    Warehouse,
    WriteReport,
)
from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Window
from tributary.resources.warehouse.write import Order, Write

if TYPE_CHECKING:
    import pyarrow as pa


class EngineWarehouse(Warehouse):
    """The warehouse that an engine serves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect

    def rows(
        self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY, limit: int | None = None
    ) -> list[dict[str, Any]]:
        return self._engine.rows(sql, params, origin, limit)

    def answer(self, sql: str, *, origin: Origin = NOBODY, limit: int | None = None) -> AbstractContextManager[Answer]:
        return self._engine.answer(sql, origin, limit)

    def arrow(self, sql: str, params: Sequence[Any] = (), *, origin: Origin = NOBODY) -> pa.Table:
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
    ) -> WriteReport:
        order = Order(table, source, window, origin, fingerprint or "", fingerprints or {})
        with self._engine.session(table, origin) as session:
            return Write(session, order).run()

    def published(self, table: Table) -> Note | None:
        with self._engine.session(table, Origin(asset=table.key)) as session:
            note = session.note()
        return note if note is not None and note.fingerprint else None

    def published_sources(self, table: Table, names: Sequence[str] | None = None) -> Mapping[str, str]:
        with self._engine.session(table, Origin(asset=table.key)) as session:
            # Rows of other columns are of the past: the next write migrates them, and forgets what they came from.
            known = session.is_current() and session.note() is not None
            return ledger.loaded(session, names) if known else {}

    def standing(self, table: Table, recipe: Recipe, *, origin: Origin = NOBODY) -> Standing:
        with self._engine.session(table, origin) as session:
            return published.standing(session, recipe)

    def review(self, table: Table, *, origin: Origin = NOBODY) -> WriteReport:
        with self._engine.session(table, origin) as session:
            return published.review(session)

    def reject(self, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin = NOBODY) -> None:
        with self._engine.session(quarantine.REJECTS, origin) as session:
            quarantine.replace_records(session, table_name, rejects, origin)

    def rejected(self, table_name: str | None = None) -> list[RejectedSource]:
        with self._engine.session(quarantine.REJECTS, NOBODY) as session:
            return quarantine.rejected_sources(session, table_name)
