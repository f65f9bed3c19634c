"""One run's pull of a range of days, year by year: what is done so far, what is left, and how to say it.

How a year is pulled is `pull`; what Dagster makes of it is `raw_assets`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.arrivals import EVENTS_BY_DAY
from tributary.assets.meetup.errors import MeetupPullError
from tributary.assets.meetup.partitions import key_of
from tributary.assets.meetup.pull import PulledYear, pull_year, years_of
from tributary.assets.meetup.snapshots import present_groups
from tributary.resources.errors import TributaryError
from tributary.resources.lake.model import Lake


class Backfill:
    """The pull of `days`, which are in ascending order.

    Args:
        client: what is asked.
        lake: where the objects go.
        days: the days.
        today: the day in UTC, from which the newest snapshot of the groups is looked for.
        only_missing: whether days that have an object already are left as they are.

    Raises:
        MeetupPullError: no group is known yet.
        LakeError: the lake refused.
    """

    def __init__(
        self, client: MeetupClient, lake: Lake, days: Sequence[date], today: date, *, only_missing: bool = False
    ) -> None:
        self._client = client
        self._lake = lake
        self._groups = present_groups(lake, today)
        self._days = tuple(days)
        there = {day for day, _ in EVENTS_BY_DAY.between(lake, days[0], days[-1])} if only_missing else set()
        self._done = [day for day in days if day in there]
        self._left_alone = len(self._done)
        self._years = years_of(day for day in days if day not in there)
        self._pulled: list[PulledYear] = []
        self._calls = client.calls

    def years(self) -> Iterator[str]:
        """Pull year after year; after each one, what there is to tell of it.

        Raises:
            MeetupError: Meetup did not give all of a year; the years before stay.
            LakeError: the lake refused.
        """
        for number, days in enumerate(self._years, start=1):
            before = self._client.calls
            found = pull_year(self._client, self._lake, self._groups, days)
            self._pulled.append(found)
            self._done += days
            yield (
                f"{number} of {len(self._years)}: {days[0]} to {days[-1]}, {found.groups} groups, "
                f"{sum(found.events.values()):,} events, {self._client.calls - before} calls, "
                f"{found.changed} objects changed."
            )

    @property
    def done(self) -> tuple[date, ...]:
        """The days that are in the lake as they should be."""
        return tuple(sorted(self._done))

    @property
    def rows(self) -> Mapping[str, int]:
        """The events of each day that was pulled, by its partition key."""
        return {key_of(day): rows for year in self._pulled for day, rows in year.events.items()}

    @property
    def undated(self) -> tuple[str, ...]:
        """Tokens of some events that could be put to no day."""
        return tuple(dict.fromkeys(event for year in self._pulled for event in year.undated))

    @property
    def silent(self) -> Mapping[str, str]:
        """By name, why a group did not answer for some of the days, or not in full."""
        return {name: why for year in self._pulled for name, why in year.silent.items()}

    @property
    def gone(self) -> Mapping[str, str]:
        """By name, that a group which was there when groups were last looked at is gone."""
        return {name: why for year in self._pulled for name, why in year.gone.items()}

    @property
    def failed_fields(self) -> Mapping[str, str]:
        """Of some events, by token, what could not be had."""
        return {token: names for year in self._pulled for token, names in year.failed_fields.items()}

    @property
    def vanished(self) -> tuple[tuple[date, str], ...]:
        """The events that Meetup does not list any more, by day and token."""
        return tuple(one for year in self._pulled for one in year.vanished)

    @property
    def version(self) -> str:
        """The data version of what was pulled."""
        return hashlib.sha256("".join(year.sha256 for year in self._pulled).encode()).hexdigest()

    def metadata(self) -> Mapping[str, int | str]:
        """What there is to tell of the pull, for people."""
        return {
            "events pulled": sum(self.rows.values()),
            "days pulled": sum(len(year.days) for year in self._pulled),
            "days left as they were": self._left_alone,
            "objects changed": sum(year.changed for year in self._pulled),
            "calls": self._client.calls - self._calls,
            "groups": len(self._groups),
            "groups gone": ", ".join(self.gone),
            "groups silent": ", ".join(self.silent),
            "events disappeared": len(self.vanished),
            "bytes": sum(year.bytes for year in self._pulled),
        }

    def interrupted(self, error: TributaryError) -> MeetupPullError:
        """The error of a pull that ends before its last day: what is done, what is not, and why."""
        left = [day for day in self._days if day not in set(self._done)]
        done = f"{_span(self.done)} are pulled and stay; " if self._done else ""
        return MeetupPullError(
            f"Of the events, {done}{_span(left)} are not pulled, because: {error} "
            "Run the range again with --missing to pull only these."
        )


def _span(days: Sequence[date]) -> str:
    return f"{len(days):,} days from {days[0]} to {days[-1]}" if days else "0 days"
