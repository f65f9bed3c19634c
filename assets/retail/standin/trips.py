"""The shopping trips of the sample: which household goes to which store, when, and for how many lines.

Only baskets belong here, not what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tributary.assets.retail.standin.draws import Bools, Ints, shares, weighted
from tributary.assets.retail.standin.households import Households
from tributary.assets.retail.standin.seasons import BY_HOUR, day_intensity
from tributary.assets.retail.standin.sizes import LAST_DAY, Sizes

FIRST_BASKET_ID = 26_984_851_472
LAST_BASKET_ID = 42_300_000_000
SURPLUS = 1.04
"""Lines drawn for each line wanted: what a basket still holds twice becomes one line."""
_LEAST_TRIPS = 2
_DRIVERS = 0.35
_FUEL_STOPS = 0.26


@dataclass(frozen=True)
class Trips:
    """Baskets in order of time."""

    ids: Ints
    household: Ints
    day: Ints
    clock: Ints
    """Time of day as HHMM."""
    store: Ints
    """Store code."""
    fuel: Bools
    """Whether the trip is a fuel stop, which has one line."""
    lines: Ints


def make_trips(sizes: Sizes, households: Households, rng: np.random.Generator) -> Trips:
    """Draw the baskets."""
    active = (households.end - households.start + 1) / LAST_DAY
    counts = shares(sizes.baskets, households.trips * active, least=_LEAST_TRIPS)
    household = np.repeat(np.arange(len(counts)), counts)
    n = len(household)
    busy = np.concatenate(([0.0], np.cumsum(day_intensity())))
    opening, closing = busy[households.start - 1][household], busy[households.end][household]
    day = np.searchsorted(busy, opening + rng.random(n) * (closing - opening), side="right")
    day = np.clip(day, households.start[household], households.end[household])
    clock = weighted(BY_HOUR, n, rng) * 100 + rng.integers(0, 60, n)

    order = np.lexsort((household, clock, day))
    household, day, clock = household[order], day[order], clock[order]
    place = rng.random(n)
    store = np.where(place < 0.82, households.home_store[household], households.second_store[household])
    store = np.where(place > 0.96, rng.integers(0, sizes.stores, n), store)
    fuel = (rng.random(len(counts)) < _DRIVERS)[household] & (rng.random(n) < _FUEL_STOPS)
    return Trips(
        ids=FIRST_BASKET_ID + np.cumsum(rng.integers(1, 2 * (LAST_BASKET_ID - FIRST_BASKET_ID) // n, n)),
        household=household,
        day=day.astype(np.int64),
        clock=clock,
        store=store,
        fuel=fuel,
        lines=_lines(sizes, households, household, fuel, rng),
    )


def _lines(sizes: Sizes, households: Households, household: Ints, fuel: Bools, rng: np.random.Generator) -> Ints:
    """Many small baskets and a few large shops: a gamma distribution around the household's appetite."""
    wish = rng.gamma(0.85, 1.0, len(household)) * households.appetite[household]
    wish[fuel] = 0
    wanted = sizes.sales * SURPLUS - len(household)
    lines = 1 + np.floor(wish * (wanted / wish.sum()) + rng.random(len(household))).astype(np.int64)
    # Nobody carries more than this; fuel is a line of its own.
    return np.where(fuel, 1, np.minimum(lines, 120))
