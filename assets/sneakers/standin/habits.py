"""How the sample's collector lives with the pairs: which they choose on what day, and when they clean them.

Weights are invented, so that season, material, colour and novelty show in the figures as they would in life.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from tributary.assets.sneakers.standin.catalogue import Model

WINTER, SUMMER = (11, 12, 1, 2), (5, 6, 7, 8)
RAINY = {True: 0.42, False: 0.18}
"""How often it rains, in winter and otherwise."""
GOES_OUT = {True: 0.72, False: 0.58}
"""How often a pair is put on, on weekends and otherwise."""
WALK_ON_WEEKEND = 0.45
USES_BEFORE_CLEANING = {"white": 5, "cream": 6}
OTHERWISE_BEFORE_CLEANING = 9
LEAST_DAYS_KEPT = 120
PARTS_A_DAY = 1 / 60

_SEASON = {
    "mesh": {"winter": 0.4, "summer": 1.8},
    "knit": {"winter": 0.4, "summer": 1.8},
    "canvas": {"winter": 0.5, "summer": 1.7},
    "suede": {"winter": 0.9, "summer": 0.8},
    "leather": {"winter": 1.3, "summer": 0.9},
    "gore-tex": {"winter": 2.6, "summer": 0.3},
}
_IN_RAIN = {"suede": 0.08, "canvas": 0.4, "mesh": 0.5, "knit": 0.4, "gore-tex": 3.5}


@dataclass
class Owned:
    """A pair in the sample's hands."""

    sneaker_id: int
    model: Model
    bought_on: date
    uses_since_cleaning: int = 0


def puts_on(rng: Random, day: date) -> bool:
    """Whether a pair of the collection is used on `day` at all."""
    return rng.random() < GOES_OUT[_weekend(day)]


def walks(rng: Random, day: date) -> bool:
    """Whether it is for a walk."""
    return _weekend(day) and rng.random() < WALK_ON_WEEKEND


def chosen(rng: Random, pairs: Sequence[Owned], day: date) -> Owned:
    """The pair for `day`: by season and rain, colour, love, and how new it is."""
    rain = rng.random() < RAINY[day.month in WINTER]
    return rng.choices(pairs, [_weight(pair, day, rain) for pair in pairs])[0]


def due_for_cleaning(pair: Owned) -> bool:
    """Whether it has been used often enough since it was cleaned last."""
    patience = next(
        (uses for color, uses in USES_BEFORE_CLEANING.items() if pair.model.color == color), OTHERWISE_BEFORE_CLEANING
    )
    return pair.uses_since_cleaning >= patience


def parts_with(rng: Random, pair: Owned, day: date) -> bool:
    """Whether the pair goes on `day`: one that is to go does so after a few months, sooner or later."""
    kept = (day - pair.bought_on).days
    return pair.model.fate != "kept" and kept >= LEAST_DAYS_KEPT and rng.random() < PARTS_A_DAY


def _weight(pair: Owned, day: date, rain: bool) -> float:
    season = "winter" if day.month in WINTER else "summer" if day.month in SUMMER else "between"
    weight = pair.model.love * _SEASON[pair.model.material].get(season, 1.0)
    if rain:
        weight *= _IN_RAIN.get(pair.model.material, 1.0) * (0.4 if pair.model.color in ("white", "cream") else 1.0)
    if (day - pair.bought_on).days < 30:
        weight *= 2.5
    return weight


def _weekend(day: date) -> bool:
    return day.isoweekday() >= 6
