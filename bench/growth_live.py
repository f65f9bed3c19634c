"""The live paths of social and sneakers in one process: what a tick loads, and every table that then follows at once.

All that a run of the automation does for a tick but its events in Dagster's storage: looks, builds, checks, statistics,
publication and charts. Objects in the lake are others' matter (`social_tick`); tables with a pace of their own
(`refresh`) are in no such run.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from bench.bed import Bed
from bench.clock import Timing, best, metered
from bench.histories import PAST, SOURCES, History, load
from bench.written import counted
from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model, with_schema
from tributary.assets.factory.sql_assets import picture, write_model
from tributary.assets.source import SQL
from tributary.resources.warehouse.base import NOBODY, Batches
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

DATABASE = "bench_growth"


@dataclass(frozen=True)
class Cost:
    """What one change took: seconds, rows that came or went, megabytes of log, and the seconds of each table."""

    timing: Timing
    rows: int
    megabytes: float
    tables: Mapping[str, float] = field(default_factory=dict)


def cheapest(costs: list[Cost]) -> Cost:
    """The best time of each table and of all, and the most that was written."""
    tables = {name: min(cost.tables[name] for cost in costs) for name in costs[0].tables}
    rows, megabytes = max(cost.rows for cost in costs), max(cost.megabytes for cost in costs)
    return Cost(best([cost.timing for cost in costs]), rows, megabytes, tables)


class Live:
    """A warehouse with a past of one of the two sources, whose ticks bring the first `count` of `every` numbers."""

    def __init__(self, bed: Bed, source: str, history: History, every: int, count: int) -> None:
        self._bed, self._history, self._every, self._count, self._ticks = bed, history, every, count, 0
        bed.empty_database(DATABASE)
        self._url = bed.database_url(DATABASE)
        self._warehouse = PostgresWarehouse(lambda: self._url)
        models, tables = live_models(source), {table.key: table for table in (*SOURCES, DIM_DATE)}
        lineage = ModelLineage(tables | {key: model.table for key, model in models.items()})
        self._models = {key: with_schema(model, lineage.schema(model)) for key, model in models.items()}
        self._staged = [table for table in SOURCES if table.name.startswith(source.removesuffix("s"))]
        self._warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))
        past = self._history.past()
        load(self._warehouse, {table: past[table] for table in self._staged}, PAST)
        self._follow()
        self.tick()  # makes the indexes
        self.tick()

    def tick(self) -> Cost:
        """Load the events of a tick and let all tables follow."""
        self._ticks += 1
        name = f"1-{self._ticks}"
        news = self._history.news(self._ticks * self._every, self._count, name)
        self._bed.settle()
        with counted(self._url) as written, metered(self._bed.data) as reading:
            begun = time.perf_counter()
            load(self._warehouse, {table: news[table] for table in self._staged}, name)
            tables = {"staged": time.perf_counter() - begun, **self._follow()}
        return Cost(Timing(reading.wall, reading.cpu), written.rows, written.megabytes, tables)

    def _follow(self) -> dict[str, float]:
        """Make every table as a run does; the seconds of each."""
        found = {}
        for key, model in self._models.items():
            begun = time.perf_counter()
            report, _ = write_model(self._warehouse, model, None, NOBODY)
            picture(self._warehouse, model, report, NOBODY)
            found[key] = time.perf_counter() - begun
        return found


def live_models(source: str) -> dict[str, SqlModel]:
    """The models of a source that follow at once, each after those that it reads."""
    folders = ModelFolders.under(SQL)
    paths = [path for path in (SQL / source).rglob("*.sql") if path.parent.name != "reports"]
    found = {model.key: model for path in paths for model in [read_model(path, folders)] if not model.refresh}
    needs = {
        key: {other for other in (*model.reads, *model.references) if other in found} for key, model in found.items()
    }
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}
