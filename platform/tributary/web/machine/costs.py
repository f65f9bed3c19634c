"""What runs cost: how many there are of each job, and how many seconds they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tributary.dagster_client.runs import Run

WINDOW = timedelta(hours=1)


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


def a_minute(runs: Sequence[Run], now: datetime) -> float:
    """Runs a minute, over the window, or where not all of it was told since the oldest that was."""
    if not runs:
        return 0.0
    oldest = min(run.created for run in runs)
    minutes = min(WINDOW, max(now - oldest, timedelta(minutes=1))) / timedelta(minutes=1)
    return len(runs) / minutes
