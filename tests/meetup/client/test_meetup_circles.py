"""Dividing a circle loses no place in it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.meetup.api.circles import Circle, distance_miles


@given(
    lat=st.floats(-65, 65),
    lon=st.floats(-180, 180),
    radius=st.floats(0.5, 250),
    bearing=st.floats(0, 2 * math.pi),
    share=st.floats(0, 1),
)
def test_every_place_in_a_circle_is_in_one_of_its_parts(
    lat: float, lon: float, radius: float, bearing: float, share: float
) -> None:
    circle = Circle(lat, lon, radius)
    place = _destination(lat, lon, bearing, radius * share)
    assert circle.holds(*place)
    assert any(distance_miles(q.lat, q.lon, *place) <= q.radius_miles for q in circle.parts())


def test_parts_are_about_half_as_wide() -> None:
    assert all(part.radius_miles < 52 for part in Circle(37.77, -122.42, 100).parts())


def test_circles_that_are_apart_do_not_meet() -> None:
    assert Circle(37.77, -122.42, 20).meets(Circle(37.34, -121.89, 23))
    assert not Circle(37.77, -122.42, 20).meets(Circle(37.34, -121.89, 20))


def test_distances_are_those_of_the_map() -> None:
    assert distance_miles(37.7749, -122.4194, 37.3382, -121.8863) == pytest.approx(42, abs=1)
    assert distance_miles(37.7749, -122.4194, 51.5074, -0.1278) == pytest.approx(5_360, abs=15)


def _destination(lat: float, lon: float, bearing: float, miles: float) -> tuple[float, float]:
    """Where one is after a great-circle walk."""
    angle, phi, lam = miles / 3958.8, math.radians(lat), math.radians(lon)
    to = math.asin(math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing))
    across = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(to)
    )
    return math.degrees(to), math.degrees(lam + across)
