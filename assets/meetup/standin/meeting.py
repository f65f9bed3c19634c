"""The made-up events: a group's year of them, and what can be said of one at any moment.

A year is made from the seed, the group and the year alone, so that it is the same whatever was asked for before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tributary.assets.meetup.standin.founding import Group

_DAY = 86_400
_USUAL_SECONDS = 3 * 3600
_DURATIONS = (
    ("PT2H", 7_200, 50),
    ("PT1H30M", 5_400, 15),
    ("PT3H", 10_800, 14),
    ("PT2H15M", 8_100, 4),
    ("PT7H", 25_200, 4),
    ("P1D", _DAY, 2),
    (None, _USUAL_SECONDS, 11),
)
"""ISO 8601 durations, their seconds, and how many in a hundred events have them."""

_LOCKDOWN = date(2020, 3, 12), date(2021, 6, 15)


@dataclass(frozen=True, slots=True)
class Meeting:
    """An event, over all of its life. Moments are in seconds since 1970.

    `serial` is unique and grows with the year; `start` is local, with its offset. `cancelled` is when it was called
    off, None where it was not. `yes`, `no` and `waiting` are what the RSVPs come to by its start, `attended` who was
    marked as there, 0 where the organiser marks nobody. `fee` is in dollars; `text` picks the words of its description.
    """

    serial: int
    start: datetime
    starts: float
    ends: float
    created: float
    cancelled: float | None
    duration: str | None
    title: str
    subject: str
    kind: str
    venues: tuple[dict[str, Any], ...]
    yes: int
    no: int
    waiting: int
    attended: int
    seats: int | None
    fee: float | None
    recurring: bool
    pictured: bool
    text: int

    def status(self, now: float) -> str:
        """Meetup's EventStatus at a moment."""
        automatic = self.recurring and self.text % 41 == 0
        if self.cancelled is not None and self.cancelled <= now:
            return "AUTOSCHED_CANCELLED" if automatic else "CANCELLED" if self.text % 5 else "CANCELLED_PERM"
        if self.ends <= now:
            return "AUTOSCHED_FINISHED" if automatic else "PAST"
        return "AUTOSCHED" if automatic else "ACTIVE"

    def answered(self, now: float) -> float:
        """The share of its RSVPs that have come in: few at first, most in the last days before the start."""
        share = (now - self.created) / max(1.0, self.starts - self.created)
        return min(1.0, max(0.0, share)) ** 2


def meetings_of(group: Group, year: int, seed: int) -> tuple[Meeting, ...]:
    """The events of a group that start in a local year, in order."""
    rng = Random(f"{seed}/group/{group.number}/year/{year}")  # noqa: S311 - a made-up world needs no secrets
    zone = ZoneInfo(group.timezone)
    made = [_meeting(group, day, ordinal, zone, seed) for ordinal, day in enumerate(_days(group, year, rng))]
    first = group.founded.timestamp() + 3600
    kept = [meeting for meeting in made if meeting.starts > first]
    return tuple(sorted(kept, key=lambda meeting: (meeting.starts, meeting.serial)))


def _days(group: Group, year: int, rng: Random) -> Iterator[date]:
    rhythm = group.rhythm
    last = min(date(year, 12, 31), group.closes or date.max)
    day = date(year, 1, 1)
    while day <= last:
        # Drawn for each day alike, so that an end or a founding within the year changes no other day.
        regular, extra = rng.random(), rng.random()
        on = day.weekday() in rhythm.weekdays and _is_its_week(group, day)
        holiday = (day.month, day.day) >= (12, 23) or (day.month, day.day) <= (1, 2)
        if day >= group.founded.date() and ((on and regular < 0.94 and not holiday) or extra < 0.004):
            yield day
        day += timedelta(days=1)


def _is_its_week(group: Group, day: date) -> bool:
    if group.rhythm.every_weeks:
        return (day.toordinal() // 7 + group.number) % group.rhythm.every_weeks == 0
    return (day.day - 1) // 7 == group.rhythm.nth


def _meeting(group: Group, day: date, ordinal: int, zone: ZoneInfo, seed: int) -> Meeting:
    rng = Random(f"{seed}/group/{group.number}/day/{day}")  # noqa: S311 - as above
    regular = rng.random() < 0.9
    hour, minute = (
        (group.rhythm.hour, group.rhythm.minute) if regular else (rng.randint(7, 21), rng.choice((0, 15, 30)))
    )
    start = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
    starts = start.timestamp()
    duration, seconds, _ = rng.choices(_DURATIONS, [weight for *_, weight in _DURATIONS])[0]
    created = starts - rng.uniform(10, 45) * _DAY
    created = max(created, group.founded.timestamp() + 60 * rng.random())
    called_off = rng.random() < (0.25 if _LOCKDOWN[0] <= day <= date(2020, 4, 10) else 0.035)
    kind = _kind(day, rng)
    wanted = int(2 + group.members_on(day) ** 0.55 * rng.lognormvariate(0, 0.35))
    seats = rng.choice((20, 30, 40, 50, 80, 120)) if rng.random() < 0.4 else None
    yes = min(wanted, seats) if seats else wanted
    subject = rng.choice(group.theme.subjects)
    return Meeting(
        serial=((day.year - 2000) * 1000 + group.number) * 1000 + ordinal,
        start=start,
        starts=starts,
        ends=starts + seconds,
        created=created,
        cancelled=rng.uniform(created, starts) if called_off else None,
        duration=duration,
        title=group.theme.title(subject, rng),
        subject=subject,
        kind=kind,
        venues=_venues(group, kind, rng),
        yes=yes,
        no=int(yes * rng.uniform(0, 0.3)),
        waiting=min(wanted - yes, yes // 2),
        attended=0 if rng.random() < 0.3 else int(yes * rng.uniform(0.4, 0.95)),
        seats=seats,
        fee=rng.choice((5.0, 10.0, 12.5, 20.0)) if rng.random() < 0.09 else None,
        recurring=regular and group.rhythm.every_weeks == 1,
        pictured=rng.random() < 0.7,
        text=rng.getrandbits(16),
    )


def _kind(day: date, rng: Random) -> str:
    chance = rng.random()
    if day < _LOCKDOWN[0]:
        return "PHYSICAL"
    if day < _LOCKDOWN[1]:
        return "ONLINE" if chance < 0.95 else "PHYSICAL"
    return "ONLINE" if chance < 0.25 else "HYBRID" if chance < 0.33 else "PHYSICAL"


def _venues(group: Group, kind: str, rng: Random) -> tuple[dict[str, Any], ...]:
    if kind == "ONLINE":
        return (group.online,)
    chance = rng.random()
    place = group.venues[min(int(rng.expovariate(1.2)), len(group.venues) - 1)]
    if kind == "HYBRID":
        return (place, group.online)
    if chance < 0.05:
        return ()
    return (place, rng.choice([venue for venue in group.venues if venue is not place])) if chance < 0.07 else (place,)
