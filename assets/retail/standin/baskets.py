"""What is in the baskets: one product per sales line.

Only the choice of products belongs here; quantities and money are in pricing. Most lines are favourites of the
household; the rest are things it comes across, a promotion, a campaign's coupon product, or a companion of the line
before. What is out of season is put back for a favourite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tributary.assets.retail.standin.campaigns import Campaigns
from tributary.assets.retail.standin.catalogue import Catalogue
from tributary.assets.retail.standin.draws import Bools, Ints, weighted
from tributary.assets.retail.standin.households import Households
from tributary.assets.retail.standin.promotions import Promotions
from tributary.assets.retail.standin.seasons import season_by_day, week_of
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.tastes import FAVOURITES, Tastes
from tributary.assets.retail.standin.trips import Trips
from tributary.assets.retail.standin.vocabulary import OCCASION

_FAVOURITE = 0.72
_PROMOTED = 0.035
_COUPON = 0.03
_COMPANION = 0.3
_VARYING_ROUNDS = 2
_FIRST_MISSION, _SECOND_MISSION = 0.62, 0.9


@dataclass(frozen=True)
class Lines:
    """Sales lines in the order of baskets, each product once in a basket."""

    basket: Ints
    """Index of the trip."""
    product: Ints
    """Product code."""


@dataclass(frozen=True)
class Shop:
    """All that decides what goes into a basket."""

    catalogue: Catalogue
    households: Households
    tastes: Tastes
    trips: Trips
    campaigns: Campaigns
    promotions: Promotions


def make_lines(sizes: Sizes, shop: Shop, rng: np.random.Generator) -> Lines:
    """Fill the baskets: about `sizes.sales` lines, never more."""
    basket = np.repeat(np.arange(len(shop.trips.day)), shop.trips.lines)
    household = shop.trips.household[basket]
    mission = _missions(shop, basket, household, rng)
    product = _favourites(shop, household, mission, rng)
    met = np.flatnonzero(rng.random(len(basket)) >= _FAVOURITE)
    product[met] = shop.tastes.explore(shop.tastes.style[household[met]], mission[met], shop.catalogue, rng)
    _offer_promotions(shop, basket, product, rng)
    _offer_coupons(shop, basket, product, rng)
    _add_companions(shop, basket, product, rng)
    _fill_up(shop, basket, product, rng)
    _vary(shop, basket, household, product, rng)
    _put_back_unseasonable(shop, basket, household, product, rng)
    return _once_each(sizes, basket, product, rng)


def _missions(shop: Shop, basket: Ints, household: Ints, rng: np.random.Generator) -> Ints:
    """A basket serves one mission, a little of a second one, and some odds and ends."""
    choice, count = shop.tastes.mission_choice, len(shop.tastes.missions)
    owner = shop.trips.household
    main, second = (choice.draw(owner, rng.random(len(owner))) % count for _ in range(2))
    other = choice.draw(household, rng.random(len(household))) % count
    part = rng.random(len(basket))
    return np.where(part < _FIRST_MISSION, main[basket], np.where(part < _SECOND_MISSION, second[basket], other))


def _favourites(shop: Shop, household: Ints, mission: Ints, rng: np.random.Generator) -> Ints:
    ranks = shop.tastes.favourite_ranks(len(household), rng)
    return shop.tastes.favourites[household, mission, ranks]


def _offer_promotions(shop: Shop, basket: Ints, product: Ints, rng: np.random.Generator) -> None:
    weeks_with_any: Bools = np.logical_or.reduce(shop.promotions.promoted, axis=0)
    at = np.flatnonzero(rng.random(len(basket)) < _PROMOTED)
    week = week_of(shop.trips.day[basket[at]])
    at, week = at[weeks_with_any[week]], week[weeks_with_any[week]]
    product[at] = shop.promotions.choice_product[shop.promotions.choice.draw(week, rng.random(len(at)))]


def _offer_coupons(shop: Shop, basket: Ints, product: Ints, rng: np.random.Generator) -> None:
    """Targeted households pick up coupon products while a campaign runs; of several, one drawn per basket."""
    active = np.full(len(shop.trips.day), -1, dtype=np.int64)
    for campaign in rng.permutation(len(shop.campaigns.kinds)):
        active[basket_mask(shop, int(campaign))] = campaign
    at = np.flatnonzero((rng.random(len(basket)) < _COUPON) & (active[basket] >= 0))
    entry = shop.campaigns.coupon_choice.draw(active[basket[at]], rng.random(len(at)))
    product[at] = shop.campaigns.coupon_product[entry]


def basket_mask(shop: Shop, campaign: int) -> Bools:
    """The trips of households that a campaign targets, while it runs."""
    day, campaigns = shop.trips.day, shop.campaigns
    running = (day >= campaigns.start[campaign]) & (day <= campaigns.end[campaign])
    mask: Bools = running & campaigns.targeted[campaign][shop.trips.household]
    return mask


def _add_companions(shop: Shop, basket: Ints, product: Ints, rng: np.random.Generator) -> None:
    follows = np.flatnonzero((basket[1:] == basket[:-1]) & (rng.random(len(basket) - 1) < _COMPANION)) + 1
    companion = shop.tastes.companion[product[follows - 1]]
    product[follows[companion >= 0]] = companion[companion >= 0]


def _put_back_unseasonable(shop: Shop, basket: Ints, household: Ints, product: Ints, rng: np.random.Generator) -> None:
    seasons = season_by_day(shop.catalogue.commodities)
    wanted = seasons[shop.catalogue.commodity[product], shop.trips.day[basket]]
    back = np.flatnonzero(rng.random(len(basket)) > wanted)
    everyday = np.array([i for i, name in enumerate(shop.tastes.missions) if name != OCCASION])
    for _ in range(3):  # a favourite may be out of season too
        mission = everyday[weighted(np.ones(len(everyday)), len(back), rng)]
        product[back] = _favourites(shop, household[back], mission, rng)
        wanted = seasons[shop.catalogue.commodity[product[back]], shop.trips.day[basket[back]]]
        back = back[rng.random(len(back)) > wanted]


def _fill_up(shop: Shop, basket: Ints, product: Ints, rng: np.random.Generator) -> None:
    """A fuel stop sells fuel; each store sells the same two or so grades all the time."""
    at = np.flatnonzero(shop.trips.fuel[basket])
    fuel = np.flatnonzero(shop.catalogue.fuel)
    often = (rng.random(len(at)) >= 0.9).astype(np.int64)
    product[at] = fuel[(shop.trips.store[basket[at]] + often) % len(fuel)]


def _vary(shop: Shop, basket: Ints, household: Ints, product: Ints, rng: np.random.Generator) -> None:
    """Swap what a basket holds twice for another favourite: people buy more kinds, not the same thing again."""
    missions = len(shop.tastes.missions)
    for _ in range(_VARYING_ROUNDS):
        again = _repeated(basket, product)
        again = again[~shop.trips.fuel[basket[again]]]
        mission = shop.tastes.mission_choice.draw(household[again], rng.random(len(again))) % missions
        rank = rng.integers(0, FAVOURITES, len(again))
        product[again] = shop.tastes.favourites[household[again], mission, rank]


def _repeated(basket: Ints, product: Ints) -> Ints:
    """The lines whose product an earlier line of the same basket has."""
    order = np.argsort(basket * (int(product.max()) + 1) + product, kind="stable")
    same = (basket[order[1:]] == basket[order[:-1]]) & (product[order[1:]] == product[order[:-1]])
    repeated: Ints = order[1:][same]
    return repeated


def _once_each(sizes: Sizes, basket: Ints, product: Ints, rng: np.random.Generator) -> Lines:
    """Merge repeated products of a basket, and thin the surplus without emptying a basket."""
    products = int(product.max()) + 1
    keys = np.sort(basket * products + product)
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    basket, product = keys // products, keys % products
    spare = len(keys) - sizes.sales
    if spare > 0:
        more = np.flatnonzero(basket[1:] == basket[:-1]) + 1
        kept = np.ones(len(keys), dtype=np.bool_)
        kept[rng.permutation(more)[:spare]] = False
        basket, product = basket[kept], product[kept]
    return Lines(basket, product)
