"""How likely each product is in a household's next basket: the candidates and their scores.

The model belongs here: habit, popularity and affinity in one number. Which candidates make the list is `ranking`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tributary.assets.retail.recommend.affinity import similar_products
from tributary.assets.retail.recommend.purchases import Ints, Purchases

Floats = npt.NDArray[np.float64]

HALF_LIFE_DAYS = 365.0
"""Age at which a basket counts half, seen from the household's own last basket. 90 and 180 days predicted worse;
no decay at all predicted about as well, but would go on recommending what a household gave up long ago."""

OFFERED_PRODUCTS = 10_000
"""Only so many products, those with most buyers, are offered to households that do not know them. Rarer ones never
reach a list, for a score is in proportion to popularity; to compare them all would take several times as long."""

AFFINITY_FLOOR = 0.3
"""What every product has anyway, where the household's strongest affinity adds 1. Less favours products that go with
the household's own (better where baskets are full), more favours popular ones (better in a thin sample)."""

DEFAULT_STRENGTH = 10.0
"""Strength of popularity, in baskets, where no household has two baskets to learn it from."""

_STRENGTHS = (1.0, 1000.0)
_MICROSECONDS_PER_DAY = 86_400e6
_HOUSEHOLDS_AT_A_TIME = 100


@dataclass(frozen=True)
class Model:
    """What is learnt from purchases.

    Attributes:
        purchases: what it was learnt from.
        weights: household by product, recency-weighted number of baskets that held the product.
        baskets: per household its recency-weighted number of baskets.
        popularity: per product the share of all baskets that held it.
        strength: how many baskets of its own a household needs until they weigh as much as popularity.
        offered: the products that may be recommended to those who never bought them, ascending.
        similar: offered by offered product, see `affinity.similar_products`.
    """

    purchases: Purchases
    weights: sparse.csr_matrix
    baskets: Floats
    popularity: Floats
    strength: float
    offered: Ints
    similar: sparse.csr_matrix


@dataclass(frozen=True)
class Candidates:
    """Possible recommendations, one per household and product; `score` is the estimated chance in the next basket."""

    household: Ints
    product: Ints
    score: Floats
    is_new: npt.NDArray[np.bool_]


def fit(purchases: Purchases) -> Model:
    """Learn from purchases, and from nothing else."""
    households, products = len(purchases.households), len(purchases.products)
    latest = np.zeros(households, dtype=np.int64)
    # Baskets are sorted by time within the household, so the last assignment is the latest.
    latest[purchases.basket_household] = purchases.basket_time
    age = (latest[purchases.basket_household] - purchases.basket_time) / _MICROSECONDS_PER_DAY
    fresh = np.exp2(-age / HALF_LIFE_DAYS)
    weights = sparse.csr_matrix(
        (fresh[purchases.line_basket], (purchases.line_household, purchases.line_product)), shape=(households, products)
    )
    weights.sort_indices()
    baskets: Floats = np.bincount(purchases.basket_household, weights=fresh, minlength=households).astype(np.float64)
    buyers = np.bincount(weights.indices, minlength=products)
    offered = np.sort(np.argsort(-buyers, kind="stable")[:OFFERED_PRODUCTS])
    total = max(len(purchases.basket_household), 1)
    popularity = np.bincount(purchases.line_product, minlength=products) / total
    return Model(
        purchases,
        weights,
        baskets,
        popularity,
        popularity_strength(purchases, popularity),
        offered,
        similar_products(sparse.csr_matrix(weights[:, offered])),
    )


def popularity_strength(purchases: Purchases, popularity: Floats) -> float:
    """The prior strength of a beta-binomial model of re-buying, in baskets, by the method of moments.

    A household with n baskets holds product j in k of them, k beta-binomial with mean p_j and strength s, so
    E[k(k-1)] = n(n-1) p_j (s p_j + 1) / (s + 1). Summed over households and products and solved for s. Where
    households repeat themselves a lot, s is small and their own history decides; where baskets tell little, as in a
    thin sample of sales lines, s is large and popularity does.
    """
    baskets = purchases.baskets_of_household.astype(np.float64)
    chances = float((baskets * (baskets - 1)).sum())
    if chances == 0:
        return DEFAULT_STRENGTH
    width = max(len(purchases.products), 1)
    _, times = np.unique(purchases.line_household * width + purchases.line_product, return_counts=True)
    repeated = float((times * (times - 1.0)).sum())
    by_chance = float((popularity**2).sum()) * chances
    always = float(popularity.sum()) * chances
    low, high = _STRENGTHS
    if repeated <= by_chance:
        return high
    return float(np.clip((always - repeated) / (repeated - by_chance), low, high))


def bought_before(model: Model) -> Candidates:
    """Every product that a household has bought: (its weighted baskets + s · popularity) / (all its baskets + s)."""
    habit = model.weights.tocoo()
    household, product = habit.row.astype(np.int64), habit.col.astype(np.int64)
    prior = model.strength * model.popularity[product]
    score = (habit.data + prior) / (model.baskets[household] + model.strength)
    return Candidates(household, product, score, np.zeros(len(score), dtype=np.bool_))


def not_bought_before(model: Model, count: int) -> Candidates:
    """The `count` best products that each household has never bought (more where scores tie).

    The prior of `bought_before` without a habit, s · popularity / (baskets + s), times the household's affinity: the
    similarities to the products it buys, by how much it buys them, relative to its strongest, raised by a floor.
    """
    households = len(model.purchases.households)
    parts = [
        _new_of(model, np.arange(at, min(at + _HOUSEHOLDS_AT_A_TIME, households)), count)
        for at in range(0, households, _HOUSEHOLDS_AT_A_TIME)
    ]
    household, product, score = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Candidates(household, product, score, np.ones(len(score), dtype=np.bool_))


def _new_of(model: Model, households: Ints, count: int) -> tuple[Ints, Ints, Floats]:
    own = sparse.csr_matrix(model.weights[households][:, model.offered])
    affinity = (own @ model.similar).toarray()
    bought = own.nonzero()
    affinity[bought] = 0
    strongest = affinity.max(axis=1, initial=0, keepdims=True)
    affinity /= np.where(strongest > 0, strongest, 1)
    prior = model.strength / (model.baskets[households] + model.strength)
    score = (affinity + AFFINITY_FLOOR) * (1 / (1 + AFFINITY_FLOOR))
    score *= model.popularity[model.offered]
    score *= prior[:, None]
    score[bought] = 0
    place = max(score.shape[1] - count, 0)
    # All that tie with the last one stay, so that the choice among them falls to the product id and not to chance.
    least = np.partition(score, place, axis=1)[:, place, None]
    row, column = np.nonzero((score >= least) & (score > 0))
    return households[row], model.offered[column], score[row, column]
