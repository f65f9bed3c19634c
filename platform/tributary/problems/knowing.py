"""What is known of Dagster and of the warehouse: each a value, or the sentence that says why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tributary.dagster_client import DagsterClient
from tributary.dagster_client.assets import AssetState, asset_states
from tributary.dagster_client.history import materialisations
from tributary.dagster_client.runs import Run
from tributary.dagster_client.ticks import Acting, acting
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.warehouse import Warehouse

_PACES = {
    "": timedelta(minutes=10),
    "hourly": timedelta(hours=2),
    "daily": timedelta(days=2),
    "weekly": timedelta(days=8),
}
"""For how long a table may be out of date before that is told, by the pace at which it takes up changes."""

_MOST_RUNS = 30
T = TypeVar("T")


@dataclass(frozen=True)
class FailedRun:
    """A run that failed, the assets that it was to make and nothing has made since, and why."""

    run: Run
    assets: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Behind:
    """A table that is out of date: what it is out of date with, and since when, where that is known."""

    asset: AssetState
    since: datetime | None


@dataclass(frozen=True)
class FromDagster:
    """What Dagster's server tells."""

    assets: Sequence[AssetState]
    acting: Acting
    failed: Sequence[FailedRun]
    behind: Sequence[Behind]


@dataclass(frozen=True)
class FromWarehouse:
    """What the warehouse tells: the rows of each table and when they changed, and the rejected records by table.

    `served` says of the tables that pages read when the rows that they see changed.
    """

    rows: Mapping[str, int]
    updated: Mapping[str, datetime]
    rejected: Mapping[str, int]
    served: Mapping[str, datetime]


def told(ask: Callable[[], T]) -> T | str:
    """What is answered; where it cannot be, the sentence that says why."""
    try:
        return ask()
    except TributaryError as error:
        return str(error)


class OfDagster:
    """Asks Dagster; why a run failed is asked once."""

    def __init__(self, dagster: DagsterClient) -> None:
        self._dagster = dagster
        self._why: dict[str, str] = {}

    def __call__(self) -> FromDagster:
        """All that is told now; raises as the client does."""
        states = asset_states(self._dagster)
        now = datetime.now(UTC)
        return FromDagster(
            states,
            acting(self._dagster),
            [*self._of_assets(states), *self._of_other_jobs(states)],
            [found for one in states if (found := self._behind(one, now)) is not None],
        )

    def _of_assets(self, states: Sequence[AssetState]) -> list[FailedRun]:
        runs: dict[str, tuple[Run, list[str]]] = {}
        for one in states:
            if one.failed_run is not None and not one.is_awaited:
                runs.setdefault(one.failed_run.id, (one.failed_run, []))[1].append(one.key)
        return [FailedRun(run, tuple(keys), self._reason(run.id)) for run, keys in runs.values()]

    def _of_other_jobs(self, states: Sequence[AssetState]) -> list[FailedRun]:
        """The newest runs of jobs without assets that failed, and that none has followed which did not."""
        making = {job for one in states for job in one.jobs}
        newest: dict[str, Run] = {}
        for run in self._dagster.runs(_MOST_RUNS, statuses=["FAILURE"]):
            if run.job not in making:
                newest.setdefault(run.job, run)
        last = {job: self._dagster.runs(1, job=job, statuses=["FAILURE", "SUCCESS"]) for job in newest}
        return [
            FailedRun(run, (), self._reason(run.id))
            for job, run in newest.items()
            if last[job] and last[job][0].id == run.id
        ]

    def _reason(self, run_id: str) -> str:
        if run_id not in self._why:
            self._why[run_id] = self._dagster.why_failed(run_id)
        return self._why[run_id]

    def _behind(self, asset: AssetState, now: datetime) -> Behind | None:
        """Whether it is out of date for longer than it takes to follow by itself."""
        patience = _PACES.get(asset.refresh, _PACES[""])
        if not asset.stale or asset.is_awaited or asset.made_at is None or now - asset.made_at < patience:
            return None
        if asset.key in asset.stale:  # its own code is another, which nothing follows by itself
            return Behind(asset, None)
        later = [
            made.at
            for key in asset.stale
            for made in materialisations(self._dagster, key, 25)
            if made.at > asset.made_at and not made.unchanged
        ]
        since = min(later, default=None)
        return None if since is not None and now - since < patience else Behind(asset, since)


def of_warehouse(warehouse: Warehouse, serving: Warehouse) -> FromWarehouse:
    """What the warehouse tells now, and what pages read, which is the same or has a copy.

    Raises:
        WarehouseError: it does not.
    """
    rejected: Counter[str] = Counter()
    for one in warehouse.rejected():
        rejected[one.table_name] += one.count
    found = warehouse.updates()
    copied = found if serving is warehouse else serving.updates()
    return FromWarehouse(
        {key: one.rows for key, one in found.items()},
        {key: one.updated_at for key, one in found.items()},
        rejected,
        {key: one.updated_at for key, one in copied.items()},
    )
