"""What Dagster has on record of all assets, without Dagster: for commands that only look, and must be quick.

When each was made and from what, the run that failed to make it, which partitions there are. Whether that is out of
date is `freshness`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from statistics import median
from typing import Any

import psycopg

from tributary.asset_graph import Asset, AssetGraph, TimePartitions
from tributary.assets.factory.made import MOST_PARTITIONS, Made
from tributary.assets.sources import get_sources
from tributary.freshness import Why, why_stale
from tributary.resources.dagster_internals.stored import (
    StoredAsset,
    StoredPartitions,
    other_partitions,
    step_seconds,
    stored_assets,
    stored_partitions,
)
from tributary.resources.postgres.shared import shared_databases
from tributary.resources.settings import Settings

ROWS = "dagster/row_count"
_LATELY = 5
_FAILED = ("FAILURE", "CANCELED")
_NO_PARTITIONS = StoredPartitions(0, "", "")
_SECONDS = {"0 * * * *": 3600, "0 0 * * *": 86_400}


@dataclass(frozen=True)
class Partitions:
    """Partitions of an asset: how many are made, and how many are missing; None where that cannot be told from here."""

    made: int
    missing: int | None


class Records:
    """The records of a home's assets; open while its connection is."""

    def __init__(self, graph: AssetGraph, connection: psycopg.Connection[Any]) -> None:
        self._graph, self._connection = graph, connection
        stored = {".".join(path): one for path, one in stored_assets(connection, (ROWS,)).items()}
        self._stored: Mapping[str, StoredAsset] = {key: one for key, one in stored.items() if key in graph.by_key}

    @cached_property
    def made(self) -> Mapping[str, Made]:
        """The latest materialisations, by `layer.name`."""
        return {
            key: Made(one.at, one.run_id, one.storage_id, one.tags)
            for key, one in self._stored.items()
            if one.storage_id
        }

    @cached_property
    def stale(self) -> Mapping[str, tuple[Why, ...]]:
        """Of each asset that is out of date, the reasons."""

        def other(name: str, among: Any, read: int) -> bool:
            return other_partitions(self._connection, name.split("/"), among, read, MOST_PARTITIONS)

        return why_stale(self._graph, self.made, other)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The rows that the latest materialisation of each asset told of, where it told any."""
        return {key: int(one.numbers[ROWS]) for key, one in self._stored.items() if ROWS in one.numbers}

    @cached_property
    def failed(self) -> Mapping[str, str]:
        """By each asset that its newest run was to make and did not, that run."""
        return {
            key: one.last_run
            for key, one in self._stored.items()
            if one.last_status in _FAILED and one.last_run != one.run_id
        }

    @cached_property
    def partitions(self) -> Mapping[str, Partitions]:
        """By each partitioned asset, its partitions.

        Which are missing is told of sources of which every partition is pulled, between the first and the last, and of
        a model's windows where its source makes nothing else by partitions. Elsewhere partitions hold what arrived.
        """
        partitioned = [one for one in self._graph.assets if one.partitioned]
        found = stored_partitions(self._connection, [one.key.split(".") for one in partitioned])
        whole = {one.name for one in get_sources() if one.every_partition}
        arriving = {one.source for one in partitioned if one.kind != "model"}
        return {
            one.key: _partitions(one, found.get(tuple(one.key.split(".")), _NO_PARTITIONS), whole, arriving)
            for one in partitioned
        }

    @cached_property
    def seconds(self) -> Mapping[str, float]:
        """How long a step takes that makes rows: the median of the last ones; of what was never made nothing is known.

        A step that left its rows as they stood tells nothing of it.
        """
        found = step_seconds(self._connection, [key.split(".") for key in self._stored], _LATELY)
        return {".".join(path): median(taken) for path, taken in found.items()}


@contextmanager
def open_records(graph: AssetGraph, settings: Settings) -> Iterator[Records]:
    """The records of the settings' home, all of one state."""
    with psycopg.connect(shared_databases(settings).url("dagster")) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield Records(graph, connection)


def _partitions(asset: Asset, found: StoredPartitions, whole: set[str], arriving: set[str]) -> Partitions:
    times = asset.times
    if times is None or (asset.source not in whole and asset.source in arriving):
        return Partitions(found.made, None)
    if asset.source in whole:
        if not found.made:
            return Partitions(0, None)
        first, last = (_moment(key, times) for key in (found.first, found.last))
        return Partitions(found.made, max(0, _between(first, last, times) + 1 - found.made))
    start, end = times.start, min(times.end or float("inf"), datetime.now(UTC).timestamp())
    begun = _between(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), times)
    return Partitions(found.made, max(0, begun - found.made))


def _moment(key: str, times: TimePartitions) -> datetime:
    return datetime.strptime(key, times.format).replace(tzinfo=UTC)


def _between(first: datetime, last: datetime, times: TimePartitions) -> int:
    """How many partitions begin after the first moment, up to the last."""
    seconds = _SECONDS.get(times.cron)
    if seconds is not None:
        return int((last - first).total_seconds() // seconds)
    return (last.year - first.year) * 12 + last.month - first.month
