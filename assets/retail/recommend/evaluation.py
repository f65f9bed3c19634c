"""How good the recommender is: each household's last basket is set aside and guessed from everything before it.

Only the measurement belongs here. A hit is a list of ten with at least one product of the basket in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tributary.assets.retail.recommend.purchases import HeldOut, Ints, Purchases, distinct, hold_out_last_baskets
from tributary.assets.retail.recommend.ranking import NEW_IN_TEN, rank
from tributary.assets.retail.recommend.scores import fit

LIST_LENGTH = 10


@dataclass(frozen=True)
class Evaluation:
    """The measurement. Rates are shares of the evaluated households, 0 to 1; None where none could be evaluated.

    Attributes:
        households: households with a purchase.
        baskets: baskets with a purchase.
        products: products with a purchase.
        households_evaluated: households with at least two baskets, whose last one was set aside.
        hit_rate_at_10: of the recommender.
        baseline_hit_rate_at_10: of the ten products that most training baskets hold, the same for everyone.
        lift: hit rate over the baseline's; None where the baseline has no hit.
    """

    households: int
    baskets: int
    products: int
    households_evaluated: int
    hit_rate_at_10: float | None
    baseline_hit_rate_at_10: float | None
    lift: float | None


def evaluate(purchases: Purchases, new_in_ten: int = NEW_IN_TEN) -> Evaluation:
    """Measure lists of ten, made as they are made for people, against the most popular products.

    The recommender and the baseline see the training baskets alone.
    """
    held = hold_out_last_baskets(purchases)
    households = distinct(held.household)
    evaluated = len(households)
    counts = len(purchases.households), len(purchases.basket_household), len(purchases.products), evaluated
    if evaluated == 0:
        return Evaluation(*counts, hit_rate_at_10=None, baseline_hit_rate_at_10=None, lift=None)
    ranked = rank(fit(held.training), LIST_LENGTH, new_in_ten)
    rate = _households_hit(held, ranked.household, ranked.product) / evaluated
    top = most_popular(held.training)
    baseline = _households_hit(held, np.repeat(households, len(top)), np.tile(top, len(households))) / evaluated
    return Evaluation(*counts, rate, baseline, rate / baseline if baseline > 0 else None)


def most_popular(training: Purchases) -> Ints:
    """The products in most baskets, ten at most, ties by product."""
    held_by = np.bincount(training.line_product, minlength=len(training.products))
    best = np.argsort(-held_by, kind="stable")[:LIST_LENGTH]
    return best[held_by[best] > 0]


def _households_hit(held: HeldOut, household: Ints, product: Ints) -> int:
    width = len(held.training.products)
    hit = np.isin(held.household * width + held.product, household * width + product)
    return len(distinct(held.household[hit]))
