"""Deletes the extracts that are not kept any more: first what the record says of them, then what lies in the lake.

Killed anywhere, the next pruning goes on: the lake is made to agree with the record, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from tributary.assets.reporting.extract import Extracts
from tributary.assets.reporting.requests import Request

if TYPE_CHECKING:
    from tributary.assets.reporting.record import Requests


@dataclass(frozen=True)
class Kept:
    """What is kept of a report: extracts of so many days, and so many of one question; 0 is without end."""

    days: int
    versions: int


@dataclass(frozen=True)
class Pruned:
    """What a pruning did: how many requests it marked, and how many versions it deleted in the lake."""

    marked: int
    deleted: int

    def __str__(self) -> str:
        return f"Pruned {self.marked:,} requests, and deleted {self.deleted:,} versions in the lake"


def prune(report: str, requests: Requests, extracts: Extracts, kept: Kept, now: datetime | None = None) -> Pruned:
    """Delete of a report what is not kept any more; the table and the partitions follow it.

    Raises:
        RecordError, LakeError: the record or the lake refused; the next pruning goes on.
    """
    now = now or datetime.now(tz=UTC)
    marked = [one for one, why in due(report, requests, kept, now) if requests.tell(one.id, "pruned", sentence=why)]
    deleted = 0
    for key, id_ in extracts.versions(report):
        found = requests.known(id_)
        # What is being made is left alone, and so is what another home's record knows.
        if found is not None and not found.is_open and found.state != "finished":
            extracts.delete(report, key, id_)
            deleted += 1
    return Pruned(len(marked), deleted)


def due(report: str, requests: Requests, kept: Kept, now: datetime) -> Sequence[tuple[Request, str]]:
    """The requests of a report whose extracts are not kept any more, each with the sentence that says why.

    Raises:
        RecordError: the record refused.
    """
    ended = requests.in_state(report, "finished", "failed", "cancelled")
    return [(one, _why(one, kept, now)) for one in _old(ended, kept, now)]


def _old(ended: Sequence[Request], kept: Kept, now: datetime) -> Iterator[Request]:
    for _, some in groupby(sorted(ended, key=lambda one: (one.key, one.id), reverse=True), key=lambda one: one.key):
        finished = 0
        for one in some:
            finished += one.state == "finished"
            too_many = kept.versions > 0 and one.state == "finished" and finished > kept.versions
            if too_many or _is_old(one, kept, now):
                yield one


def _is_old(one: Request, kept: Kept, now: datetime) -> bool:
    return kept.days > 0 and one.changed_at < now - timedelta(days=kept.days)


def _why(one: Request, kept: Kept, now: datetime) -> str:
    if _is_old(one, kept, now):
        return f"Pruned, as extracts are kept for {kept.days} days."
    return f"Pruned, as {kept.versions} newer extracts of the same question are kept."
