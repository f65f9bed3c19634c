"""The made-up groups: who they are, where and when they meet, how they grow, change their name and close.

What follows from a group for a single event belongs to `meeting`; how it looks through the API, to `views`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tributary.assets.meetup.standin.words import WORDS, Theme, Town, online_venue, venue_of

_PLACE_IN_NAME = {"San Francisco": "SF", "San Jose": "South Bay", "Oakland": "East Bay"}
_NAME_FORMS = ("{place} {theme}", "{place} {theme} Meetup", "{theme} {place}", "{theme} Enthusiasts of {place}")
_RENAMED_FORMS = ("{place} {theme} & Friends", "{place} {theme} Community", "The {theme} Collective {place}")
_FIRST_VENUE = 20_000
_OLDEST = 3
"""So many groups are as old as the world and never close, so that it is never empty."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a group meets, by local time: `every_weeks` is 1 for weekly, 2 for fortnightly, 0 for once a month.

    Monday is weekday 0; `nth` says which of the month's weekdays, from 0, where it is once a month.
    """

    weekdays: tuple[int, ...]
    every_weeks: int
    nth: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group, over all of its life.

    `urlname` is its first name in addresses, which most keep when they are renamed; `later_urlname` the one that it
    takes with its last name, None where it keeps the first. `names` are each from a day on, in order. After the last
    day, `closes`, it is shown as closed, or `vanishes` from the API. It tends to `size` members, by `pace` a year.
    """

    number: int
    urlname: str
    later_urlname: str | None
    theme: Theme
    topics: tuple[str, ...]
    town: Town
    timezone: str
    lat: float
    lon: float
    founded: datetime
    names: tuple[tuple[date, str], ...]
    closes: date | None
    vanishes: bool
    rhythm: Rhythm
    size: int
    pace: float
    venues: tuple[dict[str, Any], ...]
    online: dict[str, Any]
    private: bool

    @property
    def id(self) -> str:
        """Its id in the API."""
        return str(1_200_000 + 7_919 * self.number)

    def name_on(self, day: date) -> str:
        """What it is called on a day."""
        return next((name for since, name in reversed(self.names) if since <= day), self.names[0][1])

    def urlname_on(self, day: date) -> str:
        """Its name in addresses on a day."""
        return self.later_urlname if self.later_urlname and self.names[-1][0] <= day else self.urlname

    def members_on(self, day: date) -> int:
        """How many members it has on a day: grows fast at first and then ever more slowly, and wavers a little."""
        years = (day - self.founded.date()).days / 365.25
        if years <= 0:
            return 1
        wavering = 1 + 0.004 * math.sin(day.toordinal() * 0.9 + self.number)
        return 1 + int(self.size * (1 - math.exp(-self.pace * years)) * wavering)


def found(number: int, seed: int) -> Group:
    """Make group `number` of the world of `seed`."""
    rng = Random(f"{seed}/group/{number}")  # noqa: S311 - a made-up world needs no secrets
    themes, towns = WORDS.themes, WORDS.towns
    theme = themes[number % len(themes)] if number < 2 * len(themes) else rng.choice(themes)
    distant = number % 20 == 19
    town = WORDS.distant_towns[number % 3] if distant else rng.choices(towns, [t.weight for t in towns])[0]
    founded = _founding(number, theme, rng)
    mortal = rng.random() < 0.2 and number >= _OLDEST
    closes = founded.date() + timedelta(days=rng.randint(900, 4200)) if mortal else None
    place = _PLACE_IN_NAME.get(town.name, town.name)
    first_name = rng.choice(_NAME_FORMS).format(place=place, theme=theme.name)
    names = [(founded.date(), first_name)]
    if rng.random() < 0.35:
        renamed = rng.choice(_RENAMED_FORMS).format(place=place, theme=theme.name)
        names.append((founded.date() + timedelta(days=rng.randint(300, 890 if closes else 2600)), renamed))
    first_venue = _FIRST_VENUE + 20 * number
    return Group(
        number=number,
        urlname=_urlname(first_name, number),
        later_urlname=_urlname(names[-1][1], number) if len(names) > 1 and number % 3 == 1 else None,
        theme=theme,
        topics=(theme.topics[0], *rng.sample(theme.topics[1:], rng.randint(1, len(theme.topics) - 1))),
        town=town,
        # A few organisers moved here, or never looked at the setting.
        timezone=town.timezone if number % 17 != 8 else rng.choice(WORDS.distant_towns).timezone,
        lat=round(town.lat + rng.gauss(0, 0.025), 4),
        lon=round(town.lon + rng.gauss(0, 0.025), 4),
        founded=founded,
        names=tuple(names),
        closes=closes,
        vanishes=closes is not None and rng.random() < 0.3,
        rhythm=_rhythm(number, theme, rng),
        size=int(rng.lognormvariate(7.2, 0.8)) + 60,
        pace=rng.uniform(0.15, 0.6),
        venues=tuple(venue_of(town, first_venue + k, rng) for k in range(rng.randint(2, 7))),
        online=online_venue(first_venue + 19),
        private=rng.random() < 0.08,
    )


def _urlname(name: str, number: int) -> str:
    return f"{'-'.join(name.lower().replace('&', 'and').split())}-{number:03d}"


def _founding(number: int, theme: Theme, rng: Random) -> datetime:
    """When: the oldest groups with the world, most of the others within a few years."""
    days = 0 if number < _OLDEST else int(3650 * rng.random() ** 1.6)
    # Not before 08:00 UTC, when the day has begun in California too.
    return datetime(theme.since, 1, 1, tzinfo=UTC) + timedelta(days=days, seconds=rng.randint(8 * 3600, 86_399))


def _rhythm(number: int, theme: Theme, rng: Random) -> Rhythm:
    outdoors = theme.name == "Hiking"
    weekday = rng.choice((5, 6)) if outdoors else rng.choices(range(7), (3, 6, 6, 5, 1, 2, 1))[0]
    hour, minute = rng.choice(((8, 0), (9, 0), (9, 30))) if outdoors else rng.choice(((18, 0), (18, 30), (19, 0)))
    if number % 15 == 3:
        # Night owls: the day in California is not the day in UTC, and some start as the clocks are changed.
        return Rhythm((5, 6), 1, 0, *rng.choice(((23, 30), (0, 15))))
    if weekday >= 5 and not outdoors:
        hour, minute = rng.choice(((10, 0), (13, 0), (14, 30)))
    kind = rng.choices(("often", "weekly", "fortnightly", "monthly"), (20, 40, 20, 20))[0]
    weekdays = tuple(sorted({weekday, (weekday + rng.choice((1, 2, 3))) % 7})) if kind == "often" else (weekday,)
    return Rhythm(weekdays, {"fortnightly": 2, "monthly": 0}.get(kind, 1), rng.randint(0, 3), hour, minute)
