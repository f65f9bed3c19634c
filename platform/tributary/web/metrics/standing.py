"""How the platform stands, as metrics: read from Dagster's records and the warehouse when asked, some seconds old.

Runs are processes of their own and gone before anybody asks them, so what they did is read of what they left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tributary.dagster_client import DagsterClient
from tributary.dagster_client.ticks import Acting, acting
from tributary.launcher.state import pids
from tributary.problems.knowing import FromWarehouse, of_warehouse, told
from tributary.resources.dagster_internals.stored import StoredAsset, runs_by_state, step_seconds, stored_assets
from tributary.resources.disk import free_bytes
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.resources.warehouse.opening import open_serving, open_warehouse
from tributary.web.pages.kept import Kept

ROWS = "dagster/row_count"
FRESH_SECONDS = 10.0
_CONNECT_SECONDS = 3
_FAILED = "FAILURE"


@dataclass(frozen=True)
class Recorded:
    """What Dagster has on record: assets, seconds of each one's newest step, runs that there are by job and state."""

    assets: Mapping[str, StoredAsset]
    seconds: Mapping[str, float]
    runs: Mapping[tuple[str, str], int]


class Standing(Collector):
    """The metrics of the platform.

    Args:
        settings: of the home and warehouse.
        databases: holds Dagster's records.
        dagster: stays its opener's to close.
        down: the parts that are down at this moment.
    """

    def __init__(
        self, settings: Settings, databases: Databases, dagster: DagsterClient, down: Callable[[], list[str]]
    ) -> None:
        self._settings, self._databases, self._client, self._down = settings, databases, dagster, down
        self._warehouse = open_warehouse(settings)
        self._serving = open_serving(settings) if settings.copied_from else self._warehouse
        self._recorded = Kept(self._records, FRESH_SECONDS, FRESH_SECONDS)
        self._acting = Kept(lambda: told(lambda: acting(dagster)), FRESH_SECONDS, FRESH_SECONDS)
        self._stored = Kept(lambda: told(self._tables), FRESH_SECONDS, FRESH_SECONDS)

    def describe(self) -> Iterable[Metric]:
        """Nothing before it is asked."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """All that is known; what does not answer is told by `tributary_answers`."""
        recorded, found, tables = self._recorded.get(), self._acting.get(), self._stored.get()
        answers = GaugeMetricFamily("tributary_answers", "Whether what is asked here answers.", labels=["of"])
        for name, one in (("records", recorded), ("dagster", found), ("warehouse", tables)):
            answers.add_metric([name], float(not isinstance(one, str)))
        yield answers
        yield from self._of_parts()
        if not isinstance(recorded, str):
            yield from _of_records(recorded)
        if not isinstance(found, str):
            yield from _of_acting(found)
        if not isinstance(tables, str):
            yield from _of_tables(tables)

    def _records(self) -> Recorded | str:
        try:
            with psycopg.connect(
                self._databases.url("dagster"),
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                application_name="tributary metrics",
            ) as connection:
                assets = stored_assets(connection, (ROWS,))
                seconds = step_seconds(connection, list(assets), 1)
                runs = runs_by_state(connection)
        except psycopg.Error as error:
            return str(error)
        return Recorded(
            {".".join(path): one for path, one in assets.items()},
            {".".join(path): found[0] for path, found in seconds.items() if found},
            runs,
        )

    def _tables(self) -> FromWarehouse:
        return of_warehouse(self._warehouse, self._serving)

    def _of_parts(self) -> Iterator[Metric]:
        parts = GaugeMetricFamily("tributary_part_up", "Whether a part of `tributary up` is up.", labels=["part"])
        down = set(self._down())
        for name in sorted({*pids(self._settings.home), *down}):
            parts.add_metric([name], float(name not in down))
        yield parts
        free = free_bytes(self._settings.home)
        yield GaugeMetricFamily("tributary_disk_free_bytes", "Room on the disk of the home.", value=free)


def _of_records(recorded: Recorded) -> Iterator[Metric]:
    made = _gauge("tributary_asset_made_timestamp_seconds", "When an asset was made last.", "asset")
    rows = _gauge("tributary_asset_rows", "Rows that an asset had when it was made last.", "asset")
    seconds = _gauge("tributary_asset_seconds", "Seconds that making an asset took last.", "asset")
    failed = _gauge("tributary_asset_failed", "Whether the newest run that was to make an asset failed.", "asset")
    for key, one in sorted(recorded.assets.items()):
        if one.storage_id:
            made.add_metric([key], one.at)
        if (number := one.numbers.get(ROWS)) is not None:
            rows.add_metric([key], number)
        if key in recorded.seconds:
            seconds.add_metric([key], recorded.seconds[key])
        failed.add_metric([key], float(one.last_status == _FAILED))
    runs = GaugeMetricFamily("tributary_runs", "Runs on record, by job and state.", labels=["job", "state"])
    for (job, state), number in sorted(recorded.runs.items()):
        runs.add_metric([job, state.lower()], number)
    yield from (made, rows, seconds, failed, runs)


def _of_acting(found: Acting) -> Iterator[Metric]:
    ticked = _gauge("tributary_tick_timestamp_seconds", "When a sensor or schedule ticked last.", "name")
    failed = _gauge("tributary_tick_failed", "Whether the last tick of a sensor or schedule failed.", "name")
    on = _gauge("tributary_ticker_on", "Whether a sensor or schedule is on.", "name")
    for one in found.tickers:
        on.add_metric([one.name], float(one.is_on))
        if one.last is not None:
            ticked.add_metric([one.name], one.last.at.timestamp())
            failed.add_metric([one.name], float(one.last.failed))
    well = _gauge("tributary_daemon_up", "Whether a daemon of Dagster's is well.", "daemon")
    beat = _gauge("tributary_daemon_heartbeat_timestamp_seconds", "When a daemon gave its last sign of life.", "daemon")
    for daemon in found.daemons:
        well.add_metric([daemon.name], float(daemon.is_well))
        if daemon.heartbeat is not None:
            beat.add_metric([daemon.name], daemon.heartbeat.timestamp())
    yield from (ticked, failed, on, well, beat)


def _of_tables(tables: FromWarehouse) -> Iterator[Metric]:
    rows = _gauge("tributary_table_rows", "Rows of a table.", "table")
    age = _gauge("tributary_table_age_seconds", "Seconds since the rows of a table changed.", "table")
    rejected = _gauge("tributary_quarantine_records", "Rejected records in quarantine.", "table")
    now = time.time()
    for name, number in sorted(tables.rows.items()):
        rows.add_metric([name], number)
    for name, at in sorted(tables.updated.items()):
        age.add_metric([name], max(now - at.timestamp(), 0.0))
    for name, number in sorted(tables.rejected.items()):
        rejected.add_metric([name], number)
    yield from (rows, age, rejected)


def _gauge(name: str, told: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, told, labels=[label])
