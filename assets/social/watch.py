"""Decides which hours hold event objects that were not transformed yet. Pure: what it knows is handed to it.

Which objects are done is told by what lies in the lake and in the warehouse. The memory only saves work (from where to
look) and gives patience (what was asked for lately); losing it loses nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tributary.assets.automation.memory import check_past, memory, read_memory
from tributary.assets.automation.patience import patience
from tributary.assets.social.arrivals import HOUR, hour_of

OVERLAP = timedelta(hours=2)
"""Objects may appear this late under an hour's prefix and are still seen at the next look."""

SWEEP_EVERY = timedelta(days=1)
SWEEP_BACK = timedelta(days=7)
"""Once a day the look goes back this far, for objects that appeared later still."""

LONGEST_GAP = 6 * HOUR
"""Hours with new objects that lie closer together than this are asked for as one range."""

LONGEST_RANGE = timedelta(days=31)
MOST_RANGES = 4


class Hours(NamedTuple):
    """A range of hours in UTC, both ends included."""

    first: datetime
    last: datetime


@memory
@dataclass(frozen=True)
class Memory:
    """What is remembered from look to look; times are seconds since the epoch."""

    position: float
    swept: float = 0.0
    asked: str = ""
    attempts: int = 0
    asked_at: float = 0.0

    def dumps(self) -> str:
        """As a sensor's cursor."""
        return json.dumps(asdict(self))

    @staticmethod
    def loads(cursor: str | None, start: datetime) -> Memory:
        """From a sensor's cursor; without one, nothing before `start` is looked at.

        Raises:
            ValueError: it is no such memory.
        """
        if not cursor:
            return Memory(position=start.timestamp())
        found = read_memory(Memory, cursor)
        check_past(found.position, found.swept, found.asked_at)
        return found


class Decision(NamedTuple):
    """The ranges to make now, the objects in them, what to remember, and the reason in words."""

    ranges: tuple[Hours, ...]
    objects: int
    memory: Memory
    reason: str


def look_from(memory: Memory, start: datetime, now: datetime) -> datetime:
    """The hour from which to look this time."""
    position = datetime.fromtimestamp(memory.position, tz=UTC)
    if now.timestamp() - memory.swept >= SWEEP_EVERY.total_seconds():
        position = min(position, now - SWEEP_BACK)
    return max(_hour(position), _hour(start))


def decide(arrived: Iterable[str], done: Collection[str], memory: Memory, now: datetime) -> Decision:
    """What to make of the objects that `arrived` since the hour of `look_from`, given those that are `done`.

    Hours to come have no partition yet: what lies under one, put by a clock that ran ahead, waits until it is there.

    Nothing is asked for twice in a row without patience in between, which doubles with each attempt: a run that failed
    will mostly fail again.
    """
    missing = [key for key in arrived if key not in done and (hour_of(key) or now) <= now]
    hours = hours_of_keys(missing)
    settled = min([*hours, _hour(now - OVERLAP)])
    swept = now.timestamp() if now.timestamp() - memory.swept >= SWEEP_EVERY.total_seconds() else memory.swept
    memory = replace(memory, position=max(settled.timestamp(), 0.0), swept=swept)
    if not hours:
        forgotten = replace(memory, asked="", attempts=0, asked_at=0.0)
        return Decision((), 0, forgotten, "Every event object was transformed.")
    pending = hashlib.sha256("\n".join(missing).encode()).hexdigest()
    again = memory.attempts if pending == memory.asked else 0
    waited = timedelta(seconds=now.timestamp() - memory.asked_at)
    total = sum(hours.values())
    if again and waited < patience(again):
        return Decision((), 0, memory, f"{total:,} objects were asked for already and are not done; tried again later.")
    ranges = tuple(ranges_of(hours))[:MOST_RANGES]
    objects = sum(n for hour, n in hours.items() if any(first <= hour <= last for first, last in ranges))
    asked = replace(memory, asked=pending, attempts=again + 1, asked_at=now.timestamp())
    return Decision(ranges, objects, asked, f"{objects:,} new objects in {len(hours):,} hours.")


def hours_of_keys(keys: Iterable[str]) -> Counter[datetime]:
    """How many of the objects arrived in each hour."""
    return Counter(hour for hour in map(hour_of, keys) if hour is not None)


def ranges_of(hours: Collection[datetime]) -> Iterator[Hours]:
    """The hours as few ranges: small gaps are bridged, and none is longer than a run should be."""
    first = last = None
    for hour in sorted(hours):
        if first is None or last is None:
            first = last = hour
        elif hour - last <= LONGEST_GAP and hour - first < LONGEST_RANGE:
            last = hour
        else:
            yield Hours(first, last)
            first = last = hour
    if first is not None and last is not None:
        yield Hours(first, last)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
