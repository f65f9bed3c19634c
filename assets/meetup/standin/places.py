"""Where the made-up groups meet: towns, and venues in them with the small disorders of addresses typed by people."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any


@dataclass(frozen=True)
class Town:
    """A town.

    Attributes:
        name: as in addresses.
        lat: latitude of its centre, degrees north.
        lon: longitude of its centre, degrees east.
        zip: a postal code of it.
        state: of the country, as the group's organiser gave it.
        country: ISO 3166 code, in lower case as Meetup has it.
        timezone: the IANA time zone of groups there.
        weight: how many groups are founded there, relative to others.
    """

    name: str
    lat: float
    lon: float
    zip: str
    state: str = "CA"
    country: str = "us"
    timezone: str = "America/Los_Angeles"
    weight: int = 1


TOWNS = (
    Town("San Francisco", 37.7749, -122.4194, "94103", weight=24),
    Town("Oakland", 37.8044, -122.2712, "94612", weight=8),
    Town("San Jose", 37.3382, -121.8863, "95113", weight=8),
    Town("Palo Alto", 37.4419, -122.1430, "94301", weight=7),
    Town("Mountain View", 37.3861, -122.0839, "94041", weight=6),
    Town("Berkeley", 37.8715, -122.2730, "94704", weight=4),
    Town("Redwood City", 37.4852, -122.2364, "94063", timezone="US/Pacific", weight=6),
)

DISTANT_TOWNS = (
    Town("London", 51.5074, -0.1278, "EC1A 1BB", "17", "gb", "Europe/London"),
    Town("New York", 40.7128, -74.0060, "10001", "NY", "us", "America/New_York"),
    Town("Bengaluru", 12.9716, 77.5946, "560001", "", "in", "Asia/Kolkata"),
)
"""Far from the Bay: a few groups are founded there, some of which moved and kept their old time zone."""

_HOSTS = ("Harbor Works", "The Foundry", "Gearbox Annex", "Bayview Labs", "Redwood House", "City Library", "Hub 9")
_ROOMS = ("Auditorium", "2nd Floor", "Main Hall", "Loft", "Café", "Room B")
_STREETS = ("Market St", "Mission St", "Broadway", "Howard St", "1st Ave", "Castro St", "University Ave", "El Camino")
_JUNK_STATES = ("California", "ca", "Ca.", "CA 🌉", "", "null")
_JUNK_CODES = ("", "941O3", "CA 94103", "n/a", "00000", "94103-")


def venues_of(town: Town, number: int, first_id: int, rng: Random) -> tuple[dict[str, Any], ...]:
    """`number` venues around a town, as the API shows them; a fifth has junk in the state, a fifth in the code."""
    return tuple(_venue(town, first_id + k, rng) for k in range(number))


def online_venue(venue_id: int) -> dict[str, Any]:
    """The venue of an online event, which is nowhere; Meetup has it in the sea off Tuvalu."""
    nowhere = dict.fromkeys(("address", "city", "state", "country", "postalCode"), "")
    off_tuvalu = {"lat": -8.521147, "lon": 179.1962}
    return {"id": str(venue_id), "name": "Online event", **nowhere, **off_tuvalu, "venueType": "online"}


def _venue(town: Town, venue_id: int, rng: Random) -> dict[str, Any]:
    located = rng.random() < 0.95
    return {
        "id": str(venue_id),
        "name": f"{rng.choice(_HOSTS)} {rng.choice(_ROOMS)}",
        "address": f"{rng.randint(1, 2400)} {rng.choice(_STREETS)}",
        "city": town.name if rng.random() < 0.93 else town.name.upper(),
        "state": town.state if rng.random() < 0.8 else rng.choice(_JUNK_STATES),
        "country": town.country,
        "postalCode": town.zip if rng.random() < 0.8 else rng.choice(_JUNK_CODES),
        "lat": round(town.lat + rng.gauss(0, 0.012), 6) if located else 0.0,
        "lon": round(town.lon + rng.gauss(0, 0.012), 6) if located else 0.0,
        "venueType": "",
    }
