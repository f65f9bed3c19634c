"""Who is there: everybody who ever joins the network, and strangers who only look.

People follow from the seed alone, so that the sample and the live stream speak of the same ones. What they do is in
`story`; nothing here changes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from random import Random
from typing import get_args

from tributary.assets.social.standin.chance import stream
from tributary.assets.social.standin.devices import Device, Platform, make_device
from tributary.assets.social.standin.words import INTERESTS, WORLD, Touch, write_about

FOUNDERS = 297
JOINERS_PER_DAY = 43
"""With 21 days, 1,200 people."""
STRANGERS = 400

_PLATFORMS = (52.0, 24.0, 22.0, 2.0)
_MINUTE_MS = 60_000
_SKEWS = (
    37 * _MINUTE_MS, -12 * _MINUTE_MS, 26 * 60 * _MINUTE_MS, -3 * 60 * _MINUTE_MS, 730 * 24 * 60 * _MINUTE_MS, -90_000,
)  # fmt: skip
_SKEWED_SHARE = 0.012


@dataclass(frozen=True)
class Person:
    """Somebody with an account, or a stranger.

    `number` counts from 0 in the order of joining. `activity` weighs how often they come, `appeal` how readily others
    follow them, `talk` (0 to 1) how much of what they do is writing. `touch` is what brings them before they have
    an account.
    """

    number: int
    user_id: str
    username: str
    email: str
    about_me: str
    country: str
    age_range: str
    plan: str
    newsletter: bool
    interests: tuple[str, ...]
    activity: float
    appeal: float
    talk: float
    device: Device
    touch: Touch


@dataclass(frozen=True)
class People:
    """Everybody: `members` in the order of joining, of whom the first `founders` are there from the start."""

    members: tuple[Person, ...]
    strangers: tuple[Person, ...]
    founders: int


def make_people(seed: int, days: int) -> People:
    """The people of a sample of `days` days."""
    rng, brought = stream(seed, "people"), stream(seed, "touches")
    shares = [touch.share for touch in WORLD.touches]
    count = FOUNDERS + JOINERS_PER_DAY * days
    taken: set[str] = set()
    number = 10_400_000
    made = []
    for index in range(count + STRANGERS):
        number += rng.randint(1, 900)
        touch = brought.choices(WORLD.touches, shares)[0]
        made.append(_person(index, str(number), taken, touch, rng))
    return People(tuple(made[:count]), tuple(made[count:]), FOUNDERS)


def _person(index: int, user_id: str, taken: set[str], touch: Touch, rng: Random) -> Person:
    first, last = rng.choice(WORLD.first_names), rng.choice(WORLD.last_names)
    interests = tuple(rng.sample(INTERESTS, rng.choice((2, 2, 3, 3, 4))))
    country, home = rng.choices(tuple(WORLD.countries.items()), [c.share for c in WORLD.countries.values()])[0]
    username = _username(first, last, interests[0], taken, rng)
    platforms: tuple[Platform, ...] = get_args(Platform)
    skew = rng.choice(_SKEWS) if rng.random() < _SKEWED_SHARE else 0
    return Person(
        number=index,
        user_id=user_id,
        username=username,
        email=f"{_ascii(username)}.{user_id[-3:]}@mail.example",
        about_me=write_about(interests, rng) if rng.random() < 0.8 else "",
        country=country,
        age_range=rng.choices(tuple(WORLD.ages), tuple(WORLD.ages.values()))[0],
        plan="plus" if rng.random() < 0.08 else "free",
        newsletter=rng.random() < 0.35,
        interests=interests,
        activity=rng.lognormvariate(0, 0.9),
        appeal=rng.paretovariate(1.3),
        talk=min(0.6, rng.betavariate(1.3, 5.0)),
        device=make_device(rng.choices(platforms, _PLATFORMS)[0], home.locale, home.timezone, skew, rng),
        touch=touch,
    )


def _username(first: str, last: str, interest: str, taken: set[str], rng: Random) -> str:
    pattern = rng.choice(
        ("{first}{last}", "{first}.{last}", "{first}_{interest}", "{interest}{first}", "{first}{year}")
    )
    base = pattern.format(
        first=first, last=last.replace("'", ""), interest=interest.replace(" ", ""), year=rng.randint(61, 99)
    )
    return unused(base, taken)


def _ascii(text: str) -> str:
    """`text` in small ASCII letters and digits, with what has no such form left out."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.lower().strip("._")


def unused(base: str, taken: set[str]) -> str:
    """`base`, with a number behind it where somebody has that name; it is added to `taken`."""
    name, number = base, 1
    while name.lower() in taken:
        number += 1
        name = f"{base}{number}"
    taken.add(name.lower())
    return name
