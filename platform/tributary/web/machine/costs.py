"""What runs cost, by job, and what the statements of assets took on an engine that counts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

from tributary.dagster_client.runs import Run
from tributary.resources.warehouse.base import Spending

WINDOW = timedelta(hours=1)
SPENT_WINDOW = timedelta(days=1)
MOST_ASSETS = 20


@dataclass(frozen=True)
class Cost:
    """The runs of a job: how many were created, failed, go on or wait, and the seconds of those that have ended."""

    job: str
    runs: int
    failed: int
    open: int
    seconds: float
    ended: int

    @property
    def mean(self) -> float | None:
        """Seconds of a run that has ended."""
        return self.seconds / self.ended if self.ended else None


def costs(runs: Sequence[Run]) -> list[Cost]:
    """By job, the dearest first."""
    by_job: dict[str, list[Run]] = {}
    for run in runs:
        by_job.setdefault(run.job, []).append(run)
    found = []
    for job, several in by_job.items():
        seconds = [run.seconds for run in several if run.seconds is not None]
        failed = sum(run.status == "FAILURE" for run in several)
        going = sum(run.ended is None for run in several)
        found.append(Cost(job, len(several), failed, going, sum(seconds), len(seconds)))
    return sorted(found, key=lambda one: -one.seconds)


@dataclass(frozen=True)
class Spent:
    """What statements took: of all assets together, and of the dearest, by key, with how many are left out."""

    total: Spending
    assets: Sequence[tuple[str, Spending]]
    others: int


def spent(by_asset: Mapping[str, Spending]) -> Spent | None:
    """The sum, and the dearest first; None where nothing was spent."""
    if not by_asset:
        return None
    dearest = sorted(by_asset.items(), key=lambda one: (-(one[1].usd or 0), -one[1].scanned_bytes, -one[1].run_seconds))
    total = reduce(Spending.__add__, by_asset.values())
    return Spent(total, dearest[:MOST_ASSETS], max(0, len(dearest) - MOST_ASSETS))


def a_minute(runs: Sequence[Run], now: datetime) -> float:
    """Runs a minute, over the window, or where not all of it was told since the oldest that was."""
    if not runs:
        return 0.0
    oldest = min(run.created for run in runs)
    minutes = min(WINDOW, max(now - oldest, timedelta(minutes=1))) / timedelta(minutes=1)
    return len(runs) / minutes
