"""The words of the invented network (`world.yaml`), and the grammar that makes posts of them.

Only text belongs here; who is there and who writes when does not.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec


class Interest(msgspec.Struct, frozen=True):
    """The words of an interest: `things` one has or makes, `places` where, `deeds` in the past tense."""

    emoji: str
    things: tuple[str, ...]
    places: tuple[str, ...]
    deeds: tuple[str, ...]
    remarks: tuple[str, ...]


class Country(msgspec.Struct, frozen=True):
    """Where people live: its share of them, their locale and their time zone."""

    share: int
    locale: str
    timezone: str


class Touch(msgspec.Struct, frozen=True):
    """What brings somebody: its share of the people, the campaign and the page that lead to the network, if any."""

    share: int
    campaign: dict[str, str] | None = None
    referrer: str = ""


class World(msgspec.Struct, frozen=True):
    """What `world.yaml` holds."""

    interests: dict[str, Interest]
    openings: tuple[str, ...]
    sentences: tuple[str, ...]
    closings: tuple[str, ...]
    abouts: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    countries: dict[str, Country]
    ages: dict[str, int]
    touches: tuple[Touch, ...]
    address_blocks: tuple[str, ...]
    browsers: tuple[str, ...]
    phones: dict[str, tuple[tuple[str, str, str], ...]]
    libraries: dict[str, dict[str, str]]


WORLD = msgspec.yaml.decode(Path(__file__).with_name("world.yaml").read_bytes(), type=World)
INTERESTS = tuple(WORLD.interests)
"""The names of all interests."""


def write_post(name: str, rng: Random) -> str:
    """The body of a post about the interest called `name`: one to three sentences."""
    interest = WORLD.interests[name]
    if rng.random() < 0.06:
        return rng.choice(interest.remarks)
    sentences = [_filled(rng.choice(WORLD.sentences), name, rng) for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return rng.choice(WORLD.openings) + " ".join(sentences) + _filled(rng.choice(WORLD.closings), name, rng)


def write_about(names: tuple[str, ...], rng: Random) -> str:
    """What somebody with the interests `names` (two or more) says of themself."""
    second = names[1]
    text = _filled(rng.choice(WORLD.abouts), names[0], rng, tag2=second, emoji2=WORLD.interests[second].emoji)
    return text[:1].upper() + text[1:]


def write_search(name: str, rng: Random) -> str:
    """What somebody with this interest looks for."""
    return rng.choice(WORLD.interests[name].things)


def _filled(pattern: str, name: str, rng: Random, **more: str) -> str:
    if "{" not in pattern:
        return pattern
    interest = WORLD.interests[name]
    thing, other = rng.sample(interest.things, 2)
    deed = rng.choice(interest.deeds)
    words = {
        "thing": thing,
        "thing_up": thing[:1].upper() + thing[1:],
        "other": other,
        "place": rng.choice(interest.places),
        "deed": deed[:1].upper() + deed[1:],
        "deed_low": deed,
        "hour": str(rng.randint(5, 11)),
        "emoji": interest.emoji,
        "tag": name.replace(" ", ""),
        **more,
    }
    return pattern.format_map(words)
