"""Where the meetup domain's raw objects lie in the lake: one a day of events, one a day on which groups were looked at.

What is in the objects is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tributary.resources.lake.model import Lake, ObjectInfo

RAW_GROUPS = "meetup/raw/groups/"
RAW_EVENTS = "meetup/raw/events/"
KNOWN_GROUPS = "meetup/raw/known_groups.json"
"""Every group that was ever seen, beside the snapshots."""

UNREACHED_GROUPS = "meetup/raw/unreached_groups.jsonl"
"""Groups that the newest snapshot could not reach, each as it was when last looked at."""

UNDATED_EVENTS = "meetup/raw/undated_events.jsonl"
"""Events whose start cannot be read, and that so belong to no day."""

VANISHED_EVENTS = "meetup/raw/vanished_events/"
"""Events that Meetup does not list any more, as it last did, by the day under which they stood."""

ORIGIN = "meetup/raw/origin.json"
"""From where all of it was pulled."""

_PLACE = re.compile(r"(\d{4})/(\d{2})/(\d{2})\.jsonl")
_RECENT = timedelta(days=31)


def group_key(day: date) -> str:
    """The object of the groups as they were on a day (UTC)."""
    return f"{RAW_GROUPS}{day:%Y/%m/%d}.jsonl"


def event_key(day: date) -> str:
    """The object of the events of a day."""
    return f"{RAW_EVENTS}{day:%Y/%m/%d}.jsonl"


def vanished_key(day: date) -> str:
    """The object of the events that have disappeared from a day."""
    return f"{VANISHED_EVENTS}{day:%Y/%m/%d}.jsonl"


def day_of(key: str, prefix: str) -> date | None:
    """The day of an object under `prefix`; None where the key has no such place."""
    match = _PLACE.fullmatch(key.removeprefix(prefix)) if key.startswith(prefix) else None
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def event_objects(lake: Lake, first: date | None = None, last: date | None = None) -> Iterator[tuple[date, ObjectInfo]]:
    """The objects of events from one day to another, both included, in order of time."""
    # What lies before the first day's folder is passed over without being looked at.
    after = None if first is None else f"{RAW_EVENTS}{first:%Y/%m/%d}"
    for found in lake.list(RAW_EVENTS, after=after):
        day = day_of(found.key, RAW_EVENTS)
        if day is not None and last is not None and day > last:
            return
        if day is not None:
            yield day, found


def snapshots(lake: Lake, after: str | None = None) -> Iterator[ObjectInfo]:
    """The snapshots of groups, oldest first."""
    return (found for found in lake.list(RAW_GROUPS, after=after) if day_of(found.key, RAW_GROUPS) is not None)


def newest_snapshot(lake: Lake, today: date) -> str | None:
    """The key of the newest snapshot; None where there is none. `today` tells from where to look first."""
    for after in (group_key(today - _RECENT), None):
        keys = [found.key for found in snapshots(lake, after)]
        if keys:
            return keys[-1]
    return None
