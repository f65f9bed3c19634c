"""Twenty new events, and what it costs facts and histories to follow them by keys, beside making them whole.

Twice, with ten times the history the second time: the cost must be that of the change. Written rows are counted by the
server; written files are relations that it creates, by its write-ahead log.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from bench.bed import Bed
from bench.clock import Timing, best, metered
from bench.errors import BenchError
from bench.figures import Figure, ratio_at_most
from bench.histories import PAST, SOURCES, History, load
from bench.written import counted
from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model, with_schema
from tributary.assets.factory.sql_assets import write_model
from tributary.resources.postgres.binaries import program
from tributary.resources.settings import PROJECT_ROOT
from tributary.resources.warehouse.base import NOBODY, Batches, WriteReport
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

DATABASE = "bench_keyed"
KEYED = (
    "core.dim_social_user",
    "core.bridge_social_identity",
    "core.fact_social_event",
    "staged.sneaker_entries",
    "core.dim_sneaker",
)
EVENTS_AT_ONE = 100_000
"""Events of each of the two sources at 1 times the history."""
TICK = 20
TICKS = 5
LIMIT = 0.1
GROWTH = 1.5


@dataclass(frozen=True)
class Cost:
    """What a tick or a rebuild took: time, rows that came or went, relations created, megabytes of log."""

    timing: Timing
    rows: int
    files: int
    megabytes: float

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.files} files and {self.megabytes:.1f} MB of log written"


class Place:
    """A warehouse with a history of so many events of each source."""

    def __init__(self, bed: Bed, size: int) -> None:
        self._bed, self._history, self._ticks = bed, History(size), 0
        bed.empty_database(DATABASE)
        self._url = bed.database_url(DATABASE)
        self._warehouse = PostgresWarehouse(lambda: self._url)
        models, tables = _models(), {table.key: table for table in (*SOURCES, DIM_DATE)}
        lineage = ModelLineage(tables | {key: model.table for key, model in models.items()})
        self._models = {key: with_schema(model, lineage.schema(model)) for key, model in models.items()}
        self._warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))
        load(self._warehouse, self._history.past(), PAST)
        self.rebuild()
        self.tick()  # makes the indexes

    def rebuild(self) -> Cost:
        """Make all tables whole."""
        return self._measured(forced=True)

    def tick(self) -> Cost:
        """Load twenty events, which is not measured, and let all tables follow."""
        self._ticks += 1
        name = f"1-{self._ticks}"
        load(self._warehouse, self._history.news(self._ticks * TICK, TICK, name), name)
        return self._measured(forced=False)

    def _measured(self, *, forced: bool) -> Cost:
        self._bed.settle()
        with counted(self._url) as written, metered(self._bed.data) as reading:
            reports = [self._make(model, forced=forced) for model in self._models.values()]
        if any((report.keys is None) is not forced for report in reports):
            raise BenchError(f"The tables did not follow by keys as they should: {[one.keys for one in reports]}.")
        files = self._created(written.begun, written.ended)
        return Cost(Timing(reading.wall, reading.cpu), written.rows, files, written.megabytes)

    def _make(self, model: SqlModel, *, forced: bool) -> WriteReport:
        return write_model(self._warehouse, model, None, NOBODY, forced=forced)[0]

    def _created(self, begun: int, ended: int) -> int:
        """The relations created between two places of the log."""
        words = ["-p", str(self._bed.data / "pg_wal"), "-r", "Storage", "-s", _lsn(begun), "-e", _lsn(ended)]
        done = subprocess.run([program("pg_waldump"), *words], capture_output=True, text=True, check=False)
        return done.stdout.count("desc: CREATE")


def keyed_tick(bed: Bed) -> list[Figure]:
    """A tick and a rebuild at 1 and at 10 times the history."""
    figures, ticks = [], []
    for times in (1, 10):
        place = Place(bed, times * EVENTS_AT_ONE)
        costs = [place.tick() for _ in range(TICKS)]
        whole = place.rebuild()
        ticks.append(best([cost.timing for cost in costs]))
        most = max(costs, key=lambda cost: cost.rows)
        figures.append(
            Figure(
                "keyed_tick",
                f"{TICK} events of each source into {len(KEYED)} tables, {times * EVENTS_AT_ONE:,} events before",
                ticks[-1],
                "the same tables made whole",
                whole.timing,
                ratio_at_most(ticks[-1], whole.timing, LIMIT) if times > 1 else None,
                f"at most {most}; made whole, {whole}.",
            )
        )
    tick = f"{TICK} events, 10 times the history"
    return [
        *figures,
        Figure("keyed_tick", tick, ticks[1], "1 times", ticks[0], ratio_at_most(ticks[1], ticks[0], GROWTH)),
    ]


def _lsn(place: int) -> str:
    return f"{place >> 32:X}/{place & 0xFFFFFFFF:X}"


def _models() -> Mapping[str, SqlModel]:
    root = PROJECT_ROOT / "sql"
    folders = ModelFolders.under(root)
    paths = [path for source in ("social", "sneakers") for path in (root / source).rglob("*.sql")]
    found = {model.key: model for path in paths for model in [read_model(path, folders)] if model.key in KEYED}
    needs = {key: {other for other in model.reads if other in found} for key, model in found.items()}
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}
