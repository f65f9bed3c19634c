"""Which days of the source `meetup` are to be pulled: at a start or by a command, and each morning.

The state is what lies in the lake. Nothing is asked of Meetup here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import cast

from tributary.assets.factory.loading import LAKE
from tributary.assets.meetup.api.opening import Meetup
from tributary.assets.meetup.arrivals import EVENTS_BY_DAY, FIRST_DAY
from tributary.assets.meetup.origin import held_origin
from tributary.assets.meetup.partitions import DAY, days_between, key_of, last_day
from tributary.assets.meetup.pull import pulled_days
from tributary.assets.meetup.raw_assets import MEETUP_API
from tributary.assets.parts import KeyRange
from tributary.resources.lake.model import Lake

FIRST_DAYS = 2 * 365
"""Days that are pulled where nothing was pulled before; older ones are asked for by name."""

LOOKBACK = 7
"""Days that are pulled again each morning, since counts of guests still change after an event."""

LONGEST_GAP = 31 * DAY
"""Days without an object that lie closer together than this are asked for as one range."""


def due_days(resources: Mapping[str, object], everything: bool) -> list[KeyRange]:
    """The ranges of days without an object, from the first one that was pulled to yesterday.

    All days are, where `everything` is asked; none where there is no Meetup to ask.
    """
    meetup = cast("Meetup", resources[MEETUP_API])
    if not meetup.configured:
        return []
    lake = cast("Lake", resources[LAKE])
    if held_origin(lake) not in (None, meetup.origin):
        # What is pulled next says so; nothing of another origin is pulled into what is there.
        return []
    return _key_ranges(wanted_days(set(pulled_days(lake)), last_day(), everything=everything))


def wanted_days(pulled: Collection[date], last: date, *, everything: bool) -> list[date]:
    """The days up to `last` to be pulled, given those that were."""
    first = min(pulled, default=max(FIRST_DAY, last - timedelta(days=FIRST_DAYS - 1)))
    return [day for day in days_between(first, last) if everything or day not in pulled]


def days_of_rejects(sources: Sequence[str]) -> list[KeyRange]:
    """The ranges of days whose objects hold rejected records."""
    return _key_ranges({day for day in map(EVENTS_BY_DAY.day, sources) if day is not None})


def morning_days(
    pulled: Collection[date], today: date, last: date, unstaged: Collection[date] = ()
) -> tuple[date, date] | None:
    """The first and last day to pull in the morning of `today`, given the days that were pulled.

    A machine that was off for a while makes up for it, and so does one whose last run ended before it had staged what
    it pulled. None where no day is over yet, whose partition ends in UTC.
    """
    final = min(today - DAY, last)
    first = today - timedelta(days=LOOKBACK)
    # Where nothing was pulled, as the first start could not, this is the first pull.
    first = min(first, max(pulled) + DAY) if pulled else today - timedelta(days=FIRST_DAYS)
    first = max(min([first, *unstaged]), FIRST_DAY)
    return (first, final) if first <= final else None


def ranges_of(days: Collection[date]) -> Iterator[tuple[date, date]]:
    """The days as few ranges; small gaps are bridged."""
    first = last = None
    for day in sorted(days):
        if first is None or last is None:
            first = last = day
        elif day - last <= LONGEST_GAP:
            last = day
        else:
            yield first, last
            first = last = day
    if first is not None and last is not None:
        yield first, last


def _key_ranges(days: Collection[date]) -> list[KeyRange]:
    return [KeyRange(key_of(first), key_of(last)) for first, last in ranges_of(days)]
