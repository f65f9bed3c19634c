"""What households like: the missions they go on, and their favourite products for each.

Only preferences belong here. A household has a style, shared with others, that makes some products likelier; within
it, it draws a short list of favourites per mission that it buys again and again. Both are what a recommender can
find: the favourites in the household's history, the style and the missions in everyone's baskets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tributary.assets.retail.standin.catalogue import Catalogue
from tributary.assets.retail.standin.draws import Floats, GroupedChoice, Ints, weighted
from tributary.assets.retail.standin.households import Households
from tributary.assets.retail.standin.seasons import season_by_day
from tributary.assets.retail.standin.vocabulary import FUEL_COMMODITIES, OCCASION, WORLD, missions_of

STYLES = 8
FAVOURITES = 10
"""Favourite products per household and mission; the first is bought most."""
_STYLE_BOOST = 60.0
_FAVOURITE_DECAY = 0.62
_RARELY = 0.02


@dataclass(frozen=True)
class Tastes:
    """Preferences as draws: missions by household, commodities by mission, products by style and commodity."""

    missions: tuple[str, ...]
    mission_choice: GroupedChoice
    """Groups are households; an entry is household * missions + mission."""
    product_choice: GroupedChoice
    """Groups are style * commodities + commodity; an entry is style * products + product."""
    commodity_choice: GroupedChoice
    """Groups are missions; an entry is an index into `commodity_entries`."""
    commodity_entries: Ints
    style: Ints
    favourites: Ints
    """Product codes, shape (households, missions, FAVOURITES)."""
    companion: Ints
    """For each product the product that goes with it, or -1."""

    def explore(self, style: Ints, mission: Ints, catalogue: Catalogue, rng: np.random.Generator) -> Ints:
        """Products that households of a style meet on a mission, one per given pair."""
        commodity = self.commodity_entries[self.commodity_choice.draw(mission, rng.random(len(mission)))]
        groups = style * len(catalogue.commodities) + commodity
        return self.product_choice.draw(groups, rng.random(len(groups))) % len(catalogue.ids)

    def favourite_ranks(self, count: int, rng: np.random.Generator) -> Ints:
        """Ranks 0..FAVOURITES-1 with geometrically falling odds."""
        return weighted([_FAVOURITE_DECAY**rank for rank in range(FAVOURITES)], count, rng)


def make_tastes(catalogue: Catalogue, households: Households, rng: np.random.Generator) -> Tastes:
    """Draw every household's preferences."""
    plan = missions_of(catalogue.commodities)
    names = tuple(plan)
    code = {commodity.name: index for index, commodity in enumerate(catalogue.commodities)}
    groups = np.repeat(np.arange(len(names)), [len(plan[name]) for name in names])
    entries = np.array([code[member] for name in names for member in plan[name]])
    weights = _demand(catalogue)[entries] / np.bincount(entries, minlength=len(code))[entries]

    households_count = len(households.age)
    style = _styles(households, rng)
    tastes = Tastes(
        missions=names,
        mission_choice=GroupedChoice.of_rows(_mission_weights(names, groups, weights, households, rng)),
        product_choice=_product_choice(catalogue, rng),
        commodity_choice=GroupedChoice.of(groups, weights, len(names)),
        commodity_entries=entries,
        style=style,
        favourites=np.empty((households_count, len(names), FAVOURITES), dtype=np.int64),
        companion=_companions(catalogue),
    )
    shape = tastes.favourites.shape
    # A quarter of the favourites come from a neighbouring style, so that styles overlap.
    lent = rng.random(shape) < 0.25
    styles = np.where(lent, (style[:, None, None] + rng.integers(1, 3, shape)) % STYLES, style[:, None, None])
    missions = np.broadcast_to(np.arange(len(names))[None, :, None], shape)
    tastes.favourites[:] = tastes.explore(styles.ravel(), missions.ravel(), catalogue, rng).reshape(shape)
    return tastes


def _demand(catalogue: Catalogue) -> Floats:
    """Demand per commodity, raised where it is concentrated in a season, so that the year's total comes out."""
    demand = np.array([c.demand for c in catalogue.commodities])
    in_season = season_by_day(catalogue.commodities)[:, 1:].mean(axis=1)
    for name in FUEL_COMMODITIES:
        demand[catalogue.code_of(name)] = _RARELY
    demand /= in_season
    return demand


def _styles(households: Households, rng: np.random.Generator) -> Ints:
    """Styles run from thrifty to choosy, and the income tells roughly where a household stands."""
    standing = households.income + rng.normal(0, 3.0, len(households.income))
    rank = np.argsort(np.argsort(standing, kind="stable"), kind="stable")
    return (rank * STYLES // len(rank)).astype(np.int64)


def _product_choice(catalogue: Catalogue, rng: np.random.Generator) -> GroupedChoice:
    products = len(catalogue.ids)
    own_style = rng.integers(0, STYLES, products)
    typical = np.array([c.price for c in catalogue.commodities])[catalogue.commodity] * 100
    dearness = np.log(catalogue.cents / typical)
    standing = np.linspace(-1, 1, STYLES)[:, None]
    liking = np.exp(0.9 * standing * dearness - 0.7 * standing * catalogue.private)
    weights = catalogue.popularity * liking * np.where(own_style == np.arange(STYLES)[:, None], _STYLE_BOOST, 1.0)
    weights[:, catalogue.fuel] *= 1e-9
    groups = np.arange(STYLES)[:, None] * len(catalogue.commodities) + catalogue.commodity
    return GroupedChoice.of(groups.ravel(), weights.ravel(), STYLES * len(catalogue.commodities))


def _mission_weights(
    names: tuple[str, ...], groups: Ints, weights: Floats, households: Households, rng: np.random.Generator
) -> Floats:
    count = len(households.age)
    usual = np.bincount(groups, weights=weights, minlength=len(names))
    own = usual * rng.gamma(0.9, 1 / 0.9, (count, len(names)))
    own[:, names.index(OCCASION)] = usual[names.index(OCCASION)]

    def only_for(mission: str, who: Floats) -> None:
        """Scale a mission by household, keeping its mean."""
        own[:, names.index(mission)] *= who / who.mean()

    small_children = (households.kids > 0) & (households.age < 4) & (rng.random(count) < 0.6)
    only_for("baby", np.where(small_children, 1.0, _RARELY))
    only_for("pets", np.where(rng.random(count) < 0.45, 1.0, _RARELY))
    only_for("bottles", np.where(rng.random(count) < 0.4, 1.0, 0.08))
    only_for("natural foods", np.where(rng.random(count) < 0.25, 1.0, 0.1))
    only_for("medicine", np.where(households.age == len(WORLD.households.ages) - 1, 2.0, 1.0))
    only_for("lunch box", 1.0 + households.kids.astype(np.float64) / 2)
    return np.maximum(own, 1e-6)


def _companions(catalogue: Catalogue) -> Ints:
    """Products of two commodities pair off by popularity; the shorter shelf is shared."""
    companion = np.full(len(catalogue.ids), -1, dtype=np.int64)
    counts = np.bincount(catalogue.commodity, minlength=len(catalogue.commodities))
    for pair in WORLD.companions:
        for left, right in (pair, pair[::-1]):
            one, other = catalogue.code_of(left), catalogue.code_of(right)
            ranks = np.arange(counts[one])
            first = catalogue.first_of[one]
            if companion[first] < 0:
                companion[first + ranks] = catalogue.first_of[other] + ranks % counts[other]
    return companion
