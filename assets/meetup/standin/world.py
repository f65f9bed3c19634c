"""The made-up world: its groups, and each one's events in order of time.

It is a function of its seed: what happens on a day depends neither on when that is asked, nor on what was asked before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime
from functools import cached_property

from tributary.assets.meetup.standin.founding import Group, found
from tributary.assets.meetup.standin.meeting import Meeting, meetings_of
from tributary.resources.errors import TributaryError

_MOST_GROUPS = 1000
_AHEAD_YEARS = 1


class SimulatorError(TributaryError):
    """The simulator was asked for something that it cannot simulate."""


class Timeline:
    """A group's events, and the moments of their starts, both in order."""

    def __init__(self, meetings: tuple[Meeting, ...]) -> None:
        self.meetings = meetings
        self._starts = [meeting.starts for meeting in meetings]

    def between(self, after: float, before: float) -> tuple[Meeting, ...]:
        """The events that start after one moment and before another, neither included."""
        return self.meetings[bisect_right(self._starts, after) : bisect_left(self._starts, before)]


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
        self._timelines: dict[int, tuple[int, Timeline]] = {}

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
        if known is None or known[0] < until:
            made = [
                meeting
                for year in range(group.founded.year, until + 1)
                for meeting in meetings_of(group, year, self.seed)
            ]
            known = (until, Timeline(tuple(made)))
            self._timelines[group.number] = known
        return known[1]

    def visible(self, group: Group, now: datetime) -> bool:
        """Whether the API knows the group at a moment."""
        if group.founded > now:
            return False
        return not (group.vanishes and group.closes is not None and group.closes < now.astimezone(UTC).date())
