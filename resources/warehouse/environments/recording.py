"""A warehouse whose writes tell of the rows that stand: for telling Dagster of what was published already."""

from __future__ import annotations

import dataclasses
from typing import Any

from tributary.resources.warehouse.base import NOBODY, Origin, Source, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects, Window


class AsPublished(Warehouse):
    """Reads as any; a replace reports, and checks, the rows that stand, and no source is used up.

    But of source objects: those that the ledger has as loaded are not given again, and others are loaded as ever.
    """

    def replace(
        self, table: Table, source: Source, *, window: Window | None = None, origin: Origin = NOBODY, **more: Any
    ) -> WriteReport:
        if isinstance(window, SourceObjects):
            return super().replace(table, source, window=window, origin=origin, **more)
        report = self.review(table, origin=origin)
        return report if window is None else dataclasses.replace(report, table_rows=report.rows)
