"""The made-up world: its groups, and each one's events in order of time.

It is a function of its seed: what happens on a day depends neither on when that is asked, nor on what was asked before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from math import inf
from zoneinfo import ZoneInfo

from tributary.assets.meetup.standin.founding import Group, found
from tributary.assets.meetup.standin.meeting import Meeting, meetings_of
from tributary.resources.errors import TributaryError

_MOST_GROUPS = 1000
_AHEAD_YEARS = 1


class SimulatorError(TributaryError):
    """The simulator was asked for something that it cannot simulate."""


class Timeline:
    """A group's events until the end of a local year, in order; a year's are made when they are first asked for."""

    def __init__(self, group: Group, until: int, seed: int) -> None:
        self.until = until
        self._group, self._seed = group, seed
        self._zone = ZoneInfo(group.timezone)
        self._span = group.founded.timestamp(), datetime(until, 12, 31, tzinfo=self._zone).timestamp()
        self._made: dict[int, tuple[Meeting, ...]] = {}

    @property
    def meetings(self) -> tuple[Meeting, ...]:
        """All of them."""
        return self.between(-inf, inf)

    def between(self, after: float, before: float) -> tuple[Meeting, ...]:
        """The events that start after one moment and before another, neither included."""
        years = range(max(self._year(after), self._group.founded.year), self._year(before) + 1)
        return tuple(meeting for year in years for meeting in self._of(year) if after < meeting.starts < before)

    def _year(self, moment: float) -> int:
        """The local year of a moment, or of the nearest one that the timeline has."""
        first, last = self._span
        return datetime.fromtimestamp(min(max(moment, first), last), self._zone).year

    def _of(self, year: int) -> tuple[Meeting, ...]:
        if year not in self._made:
            self._made[year] = meetings_of(self._group, year, self._seed)
        return self._made[year]


class World:
    """A world of so many groups; `seed` says which one of the possible worlds.

    Raises:
        SimulatorError: for a number of groups that cannot be.
    """

    def __init__(self, seed: int = 1, groups: int = 60) -> None:
        if not 1 <= groups <= _MOST_GROUPS:
            raise SimulatorError(f"A world of {groups} groups cannot be made; ask for 1 to {_MOST_GROUPS}.")
        self.seed = seed
        self._number = groups
        self._timelines: dict[int, Timeline] = {}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Every group there ever is."""
        return tuple(found(number, self.seed) for number in range(self._number))

    def by_urlname(self, now: datetime) -> dict[str, Group]:
        """The groups by their names in addresses at a moment."""
        return {group.urlname_on(now.astimezone(UTC).date()): group for group in self.groups}

    @cached_property
    def by_id(self) -> dict[str, Group]:
        """The groups by id."""
        return {group.id: group for group in self.groups}

    def timeline(self, group: Group, now: datetime) -> Timeline:
        """All of a group's events until some time after `now`, announced or not."""
        until = now.year + _AHEAD_YEARS
        known = self._timelines.get(group.number)
        if known is None or known.until < until:
            known = self._timelines[group.number] = Timeline(group, until, self.seed)
        return known

    def visible(self, group: Group, now: datetime) -> bool:
        """Whether the API knows the group at a moment."""
        if group.founded > now:
            return False
        return not (group.vanishes and group.closes is not None and group.closes < now.astimezone(UTC).date())
