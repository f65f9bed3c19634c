"""Where Meetup's raw objects lie in the lake: one a day of events, one a day on which groups were looked at.

What is in the objects is not looked at here.
"""

from __future__ import annotations

from datetime import date, timedelta

from tributary.assets.factory.objects import DailyObjects
from tributary.resources.lake.model import Lake

FIRST_DAY = date(2008, 1, 1)
"""The first day that is looked for, and has a partition."""

MEETUP_GROUPS = "raw.json_meetup_groups"
MEETUP_EVENTS = "raw.json_meetup_events"
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

_RECENT = timedelta(days=31)

GROUPS_BY_DAY = DailyObjects(RAW_GROUPS, FIRST_DAY)
"""Groups as they were on a day (UTC)."""

EVENTS_BY_DAY = DailyObjects(RAW_EVENTS, FIRST_DAY)
VANISHED_BY_DAY = DailyObjects(VANISHED_EVENTS, FIRST_DAY)
event_key, group_key = EVENTS_BY_DAY.key, GROUPS_BY_DAY.key


def newest_snapshot(lake: Lake, today: date) -> str | None:
    """The key of the newest snapshot; None where there is none. `today` tells from where to look first."""
    for first in (today - _RECENT, None):
        keys = [found.key for _, found in GROUPS_BY_DAY.between(lake, first)]
        if keys:
            return keys[-1]
    return None
