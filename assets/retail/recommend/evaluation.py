"""How good the recommender is: each household's last basket is set aside and guessed from everything before it.

Only the measurement belongs here. A hit is a list of ten with at least one product of the basket in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tributary.assets.retail.recommend.purchases import HeldOut, Ints, Purchases, distinct, hold_out_last_baskets
from tributary.assets.retail.recommend.ranking import NEW_IN_TEN, rank
from tributary.assets.retail.recommend.scores import Model, fit

LIST_LENGTH = 10
POPULAR, FAVOURITES, FAVOURITES_AND_NEW = "most popular", "favourites", "favourites and popular unseen"
OURS, OUR_NEW, POPULAR_NEW = "recommended", "new places", "popular unseen in the new places"

_NORMAL = 1.96
"""Standard deviations to both sides that hold 95 % of a normal distribution."""

Hits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rate:
    """A share of the evaluated households, 0 to 1, and the interval in which it lies with 95 % confidence.

    By Wilson's score, which holds for small counts and rates near 0 and 1 (Wilson, J. Am. Stat. Assoc. 22, 1927).
    """

    share: float
    low: float
    high: float

    @staticmethod
    def of(hits: Hits) -> Rate:
        """The rate of at least one household."""
        count, share, squared = len(hits), float(hits.mean()), _NORMAL**2
        middle = (share + squared / (2 * count)) / (1 + squared / count)
        half = _NORMAL / (1 + squared / count) * float(np.sqrt(share * (1 - share) / count + squared / (4 * count**2)))
        return Rate(share, max(middle - half, 0.0), min(middle + half, 1.0))

    def __str__(self) -> str:
        return f"{self.share:.2%} ({self.low:.2%} to {self.high:.2%})"


@dataclass(frozen=True)
class Difference:
    """By how much one list hits oftener than another with the same households, and its 95 % interval."""

    share: float
    half: float

    @staticmethod
    def of(ours: Hits, theirs: Hits) -> Difference:
        """The difference of the rates, whose error is that of the households' own differences."""
        each = ours.astype(np.float64) - theirs
        return Difference(float(each.mean()), _NORMAL * float(each.std()) / float(np.sqrt(len(each))))

    def __str__(self) -> str:
        return f"{100 * self.share:+.2f} ± {100 * self.half:.2f} percentage points"


@dataclass(frozen=True)
class Evaluation:
    """The measurement; what is by name of a list is empty where no household could be evaluated.

    Attributes:
        households: households with a purchase.
        baskets: baskets with a purchase.
        products: products with a purchase.
        households_evaluated: households with at least two baskets, whose last one was set aside.
        rates: of lists of ten by their names: `OURS`, and the baselines. The most popular products are the same for
            everyone; favourites are what the household had in most baskets, and popular products where these are few.
        new: of the places for new products alone, what of the last basket was new: `OUR_NEW` and `POPULAR_NEW`.
        over_strongest: ours less the stronger of the most popular and of the favourites with popular unseen products.
        over_popular_new: `OUR_NEW` less `POPULAR_NEW`.
        strongest: the name of that baseline.
    """

    households: int
    baskets: int
    products: int
    households_evaluated: int
    rates: Mapping[str, Rate] = field(default_factory=dict)
    new: Mapping[str, Rate] = field(default_factory=dict)
    over_strongest: Difference | None = None
    over_popular_new: Difference | None = None
    strongest: str = ""

    @property
    def hit_rate_at_10(self) -> float | None:
        """Of the recommender."""
        return self.rates[OURS].share if self.rates else None


def evaluate(purchases: Purchases, new_in_ten: int = NEW_IN_TEN) -> Evaluation:
    """Measure lists of ten, made as they are made for people, against lists that anybody could make.

    The recommender and the baselines see the training baskets alone.
    """
    held = hold_out_last_baskets(purchases)
    households = distinct(held.household)
    counts = len(purchases.households), len(purchases.basket_household), len(purchases.products), len(households)
    if len(households) == 0:
        return Evaluation(*counts)
    model = fit(held.training)
    ranked = rank(model, LIST_LENGTH, new_in_ten)
    top = most_popular(held.training)
    popular = np.repeat(households, len(top)), np.tile(top, len(households))
    favourites, unseen = _favourites(model, households), _popular_unseen(model, households)
    places = LIST_LENGTH * new_in_ten // 10
    lists = {
        OURS: (ranked.household, ranked.product),
        POPULAR: popular,
        FAVOURITES: _first(LIST_LENGTH, favourites, unseen),
        FAVOURITES_AND_NEW: _first(LIST_LENGTH, _first(LIST_LENGTH - places, favourites), unseen),
    }
    hits = {name: _hits(held, households, *pairs) for name, pairs in lists.items()}
    strongest = max((POPULAR, FAVOURITES_AND_NEW), key=lambda name: int(hits[name].sum()))
    new = _newly_bought(held)
    new_hits = {
        OUR_NEW: _hits(new, households, ranked.household[ranked.is_new], ranked.product[ranked.is_new]),
        POPULAR_NEW: _hits(new, households, *_as_many(unseen, ranked.household[ranked.is_new])),
    }
    return Evaluation(
        *counts,
        rates={name: Rate.of(found) for name, found in hits.items()},
        new={name: Rate.of(found) for name, found in new_hits.items()},
        over_strongest=Difference.of(hits[OURS], hits[strongest]),
        over_popular_new=Difference.of(new_hits[OUR_NEW], new_hits[POPULAR_NEW]),
        strongest=strongest,
    )


def most_popular(training: Purchases) -> Ints:
    """The products in most baskets, ten at most, ties by product."""
    return _by_popularity(training)[:LIST_LENGTH]


Pairs = tuple[Ints, Ints]
"""Households and products, sorted by household and then from the best on."""


def _by_popularity(training: Purchases) -> Ints:
    held_by = np.bincount(training.line_product, minlength=len(training.products))
    best = np.argsort(-held_by, kind="stable")
    return best[held_by[best] > 0]


def _favourites(model: Model, households: Ints) -> Pairs:
    """What each household had in most of its baskets, ties by popularity and product."""
    training = model.purchases
    width = len(training.products)
    pairs, times = np.unique(training.line_household * width + training.line_product, return_counts=True)
    household, product = pairs // width, pairs % width
    order = np.lexsort((product, -model.popularity[product], -times, household))
    order = order[np.isin(household[order], households)]
    return household[order], product[order]


def _popular_unseen(model: Model, households: Ints) -> Pairs:
    """The most popular products that each household never bought, as many as a list is long."""
    ranked = _by_popularity(model.purchases)
    found = []
    for household in households:
        mine = slice(*model.weights.indptr[household : household + 2])
        bought = model.weights.indices[mine]
        # Among so many, a list's length is new to the household.
        best = ranked[: LIST_LENGTH + len(bought)]
        found.append(best[~np.isin(best, bought)][:LIST_LENGTH])
    return np.repeat(households, [len(one) for one in found]), np.concatenate(found)


def _first(count: int, *lists: Pairs) -> Pairs:
    """The first `count` of each household, of the lists one after the other."""
    household = np.concatenate([one[0] for one in lists])
    product = np.concatenate([one[1] for one in lists])
    order = np.argsort(household, kind="stable")
    household, product = household[order], product[order]
    starts = np.flatnonzero(np.append(True, household[1:] != household[:-1])[: len(household)])
    place = np.arange(len(household)) - np.repeat(starts, np.diff(np.append(starts, len(household))))
    return household[place < count], product[place < count]


def _as_many(pairs: Pairs, like: Ints) -> Pairs:
    """Of each household as many pairs as it has places in `like`."""
    wanted = np.bincount(like, minlength=int(pairs[0].max(initial=0)) + 1)
    starts = np.searchsorted(pairs[0], pairs[0])
    kept = np.arange(len(pairs[0])) - starts < wanted[pairs[0]]
    return pairs[0][kept], pairs[1][kept]


def _newly_bought(held: HeldOut) -> HeldOut:
    """What of the baskets set aside their households had not bought before."""
    training = held.training
    width = len(training.products)
    known = np.isin(held.household * width + held.product, training.line_household * width + training.line_product)
    return HeldOut(training, held.household[~known], held.product[~known])


def _hits(held: HeldOut, households: Ints, household: Ints, product: Ints) -> Hits:
    """Of each household whether one of its pairs is in its basket set aside."""
    width = len(held.training.products)
    hit = np.isin(held.household * width + held.product, household * width + product)
    found: Hits = np.isin(households, held.household[hit])
    return found
