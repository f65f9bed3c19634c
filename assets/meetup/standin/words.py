"""The words of the made-up Meetup (`world.yaml`): where groups meet and what they are about, as typed values.

Who meets when and where is decided in `founding` and `meeting`.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import msgspec


class Town(msgspec.Struct, frozen=True):
    """A town: its centre in degrees, a postal code of it, and the time zone of groups there."""

    name: str
    lat: float
    lon: float
    zip: str
    state: str = "CA"
    country: str = "us"
    timezone: str = "America/Los_Angeles"
    weight: int = 1


class Theme(msgspec.Struct, frozen=True):
    """What groups are about."""

    name: str
    category: str
    topics: tuple[str, ...]
    subjects: tuple[str, ...]
    formats: tuple[str, ...]
    talks: bool = False
    since: int = 2008

    def title(self, subject: str, rng: Random) -> str:
        """What an event on a subject may be called."""
        return rng.choice((*WORDS.talks, *self.formats) if self.talks else self.formats).format(subject)


class Words(msgspec.Struct, frozen=True):
    """What `world.yaml` holds."""

    towns: tuple[Town, ...]
    distant_towns: tuple[Town, ...]
    hosts: tuple[str, ...]
    rooms: tuple[str, ...]
    streets: tuple[str, ...]
    junk_states: tuple[str, ...]
    junk_codes: tuple[str, ...]
    categories: dict[str, dict[str, str]]
    talks: tuple[str, ...]
    themes: tuple[Theme, ...]


WORDS = msgspec.yaml.decode(Path(__file__).with_name("world.yaml").read_bytes(), type=Words)
_TOPICS = tuple(dict.fromkeys(topic for theme in WORDS.themes for topic in theme.topics))


def topic_of(name: str) -> dict[str, str]:
    """A topic as the API shows it. Its id and urlkey follow from its name, so that all groups share it."""
    urlkey = name.lower().replace(".", "").replace(" ", "-")
    return {"id": str(1_000 + 37 * _TOPICS.index(name)), "name": name, "urlkey": urlkey}


def venue_of(town: Town, venue_id: int, rng: Random) -> dict[str, Any]:
    """A venue in a town, as the API shows it; a fifth has junk in the state, a fifth in the code."""
    located = rng.random() < 0.95
    return {
        "id": str(venue_id),
        "name": f"{rng.choice(WORDS.hosts)} {rng.choice(WORDS.rooms)}",
        "address": f"{rng.randint(1, 2400)} {rng.choice(WORDS.streets)}",
        "city": town.name if rng.random() < 0.93 else town.name.upper(),
        "state": town.state if rng.random() < 0.8 else rng.choice(WORDS.junk_states),
        "country": town.country,
        "postalCode": town.zip if rng.random() < 0.8 else rng.choice(WORDS.junk_codes),
        "lat": round(town.lat + rng.gauss(0, 0.012), 6) if located else 0.0,
        "lon": round(town.lon + rng.gauss(0, 0.012), 6) if located else 0.0,
        "venueType": "",
    }


def online_venue(venue_id: int) -> dict[str, Any]:
    """The venue of an online event, which is nowhere; Meetup has it in the sea off Tuvalu."""
    nowhere = dict.fromkeys(("address", "city", "state", "country", "postalCode"), "")
    off_tuvalu = {"lat": -8.521147, "lon": 179.1962}
    return {"id": str(venue_id), "name": "Online event", **nowhere, **off_tuvalu, "venueType": "online"}
