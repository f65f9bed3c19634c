"""Makes the tables of the source in a real warehouse from objects in a real lake, as a materialisation does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from tests.sneakers.warehouse.streams import Log, put

from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.factory.object_loading import Reading, load
from tributary.assets.sneakers.arrivals import RAW
from tributary.assets.sneakers.staged_assets import STAGED_EVENTS, STAGED_STATE
from tributary.assets.source import SQL
from tributary.resources.lake import open_lake
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Batches, Select, WriteReport
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


def load_events(
    warehouse: PostgresWarehouse, lake: Lake, *, force: bool = False, replay: bool = False
) -> tuple[WriteReport, Reading]:
    """Load the events that were not loaded yet; the report, and what was read."""
    done = load(STAGED_EVENTS, warehouse, lake, force=force, replay=replay)
    return done.report, done.reading


def load_state(warehouse: PostgresWarehouse, lake: Lake, name: str) -> WriteReport:
    """Load the current snapshot of a state table."""
    return load(STAGED_STATE[name], warehouse, lake).report


HISTORY = ("staged.sneaker_entries", "core.dim_sneaker")


@lru_cache(maxsize=1)
def models() -> Mapping[str, SqlModel]:
    """The source's models by `schema.table`, each after those that it reads or refers to."""
    folders = ModelFolders.under(SQL)
    found = {model.key: model for path in (SQL / "sneakers").rglob("*.sql") for model in [read_model(path, folders)]}
    needs = {
        key: {other for other in (*model.reads, *model.references) if other in found} for key, model in found.items()
    }
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}


class Collection:
    """The source's tables in one warehouse, made from one lake."""

    def __init__(self, warehouse: PostgresWarehouse, folder: Path) -> None:
        self.warehouse = warehouse
        self.lake = open_lake(str(folder / "lake"), region="us-east-1", endpoint_url=None)
        warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))

    def begin_anew(self) -> None:
        """Forget everything that was pulled and loaded."""
        self.lake.delete_prefix(RAW)
        load_events(self.warehouse, self.lake, force=True)

    def load(self, log: Log) -> WriteReport:
        """Pull the log as one object, and load what was not loaded."""
        put(self.lake, log)
        return load_events(self.warehouse, self.lake)[0]

    def make(self, *keys: str) -> list[str]:
        """Make models, all where none is named; the names of the warnings that their checks gave."""
        warned: list[str] = []
        for key in keys or models():
            model = models()[key]
            report = self.warehouse.replace(model.table, Select(model.statement("postgres")))
            warned += [result.check.name for result in report.checks if not result.passed]
        return warned

    def rows(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        return self.warehouse.rows(sql, params)
