"""Circles on the map: where a search looks, and how one is divided when it finds too much to be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_MILES = 3958.8
"""Mean radius of the earth in miles."""

# Seven circles of half the radius cover a circle exactly; the slack is for the earth's curve and for rounding.
_SLACK = 1.02
_DOUBT = 1.01


@dataclass(frozen=True)
class Circle:
    """A place, in degrees north and east, and what is around it."""

    lat: float
    lon: float
    radius_miles: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a place lies inside, or so close outside that servers may differ about it."""
        return distance_miles(self.lat, self.lon, lat, lon) <= self.radius_miles * _DOUBT

    def meets(self, other: Circle) -> bool:
        """Whether the two have a place in common, or nearly."""
        apart = distance_miles(self.lat, self.lon, other.lat, other.lon)
        return apart <= (self.radius_miles + other.radius_miles) * _DOUBT

    def parts(self) -> tuple[Circle, ...]:
        """Seven circles of half the radius that cover this one: one in the middle, and six around it."""
        radius = round(self.radius_miles / 2 * _SLACK, 6)
        middle = Circle(self.lat, self.lon, radius)
        around = (self._beside(math.radians(60 * k), self.radius_miles * math.sqrt(3) / 2) for k in range(6))
        return (middle, *(Circle(lat, lon, radius) for lat, lon in around))

    def _beside(self, bearing: float, miles: float) -> tuple[float, float]:
        """The place where a straight walk from the centre ends, in degrees."""
        angle, lat = miles / EARTH_MILES, math.radians(self.lat)
        sine = math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(bearing)
        east = math.atan2(math.sin(bearing) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * sine)
        lon = (self.lon + math.degrees(east) + 180) % 360 - 180
        return round(math.degrees(math.asin(max(-1.0, min(1.0, sine)))), 6), round(lon, 6)


def distance_miles(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance in miles between two places in degrees (haversine formula, Sinnott 1984)."""
    north = math.radians(other_lat - lat) / 2
    east = math.radians(other_lon - lon) / 2
    straight = (
        math.sin(north) ** 2 + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(east) ** 2
    )
    return 2 * EARTH_MILES * math.asin(min(1.0, math.sqrt(straight)))
