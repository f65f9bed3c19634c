"""Objects under the event objects' prefix that nothing reads, since their keys name no hour that is read.

Such are names that Firehose does not give: with `.parquet` in them, in Hive-style folders or subfolders, in an hour
that is none. Not the whole bucket is walked, which would cost the more the older it is, but the newest days, the days
of the run, what sorts before all hours and what sorts after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tributary.assets.social.arrivals import RAW, hour_of, hour_path
from tributary.resources.lake.model import Lake

EXAMPLES = 5
MOST = 1_000
"""So many are counted; more are told as such."""

NEWEST = timedelta(days=1)
AHEAD = timedelta(days=1)
"""An hour to come is no fault of its object yet: a clock may run ahead. It is read when the hour has come."""

_DAY = "%Y/%m/%d/"
_AFTER_ITS_HOURS = "24"
_NO_HOUR, _TOO_EARLY, _TO_COME = "names no hour", "lies before TRIBUTARY_SOCIAL_START", "lies in an hour to come"


@dataclass
class Strays:
    """How many objects nothing reads, why, and the first of them; `more` where not all were counted."""

    count: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    more: bool = False


def strays(lake: Lake, start: datetime, end: datetime, first: datetime, now: datetime) -> Strays:
    """The objects that nothing reads, as far as they are looked for in a run over the hours from `start` to `end`.

    `first` is the first hour that is read at all.

    Raises:
        LakeError: the lake cannot be read.
    """
    found = Strays()
    for key in _looked_at(lake, start, end, first, now):
        reason = _why(key, first, now)
        if reason is None:
            continue
        if found.count == MOST:
            found.more = True
            break
        found.count += 1
        found.reasons[reason] = found.reasons.get(reason, 0) + 1
        if len(found.examples) < EXAMPLES:
            found.examples.append(key)
    return found


def _looked_at(lake: Lake, start: datetime, end: datetime, first: datetime, now: datetime) -> Iterator[str]:
    earliest, newest = RAW + hour_path(first), _beginning(now - NEWEST)
    ranges: list[tuple[str | None, str | None]] = [
        (None, earliest),
        (max(_beginning(start), earliest), min(f"{RAW}{(end + timedelta(days=1)).strftime(_DAY)}", newest)),
        (max(newest, earliest), None),
    ]
    for after, stop in ranges:
        for found in lake.list(RAW, after=after):
            if stop is not None and found.key >= stop:
                break
            if not found.key.endswith("/"):  # what a console puts to show a folder
                yield found.key


def _beginning(moment: datetime) -> str:
    """Behind the last hour of the day before, so that what lies between two days is seen too."""
    return f"{RAW}{(moment.astimezone(UTC) - timedelta(days=1)).strftime(_DAY)}{_AFTER_ITS_HOURS}"


def _why(key: str, first: datetime, now: datetime) -> str | None:
    hour = hour_of(key)
    if hour is None:
        return _NO_HOUR
    if hour < first:
        return _TOO_EARLY
    return _TO_COME if hour > now + AHEAD else None
