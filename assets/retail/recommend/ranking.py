"""Which candidates make a household's list, and in which order. No scoring belongs here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tributary.assets.retail.recommend.purchases import Ints
from tributary.assets.retail.recommend.scores import Candidates, Floats, Model, bought_before, not_bought_before

NEW_IN_TEN = 3
"""Places out of ten kept for products that the household has never bought.

A list of what one buys anyway scores best and helps least, so some of the hit rate is given for discoveries. Measured
on the second-last to fourth-last baskets, three places take it from 9.1 % to 8.9 % in a thin real sample of lines,
and from 68 % to 63 % in an invented set with full baskets, where people know most of what they buy. A fourth place
would cost another 0.2 and 3 points.

On the last four baskets of the real sample the new places hit 2.66 %, the most popular products that a household
never bought 2.55 %: 0.11 points more, ± 0.18. Neither products that share recent baskets (2.58 %) nor popularity in the
household's own stores (2.22 %) did better, and weights of all three that were learnt on earlier baskets find as much of
the last ones as these do (2.48 %, and popularity alone 2.39 %): so none of them is here. Popularity is most of what
finds new products, and the reasons say so.
"""


@dataclass(frozen=True)
class Ranked:
    """The lists, sorted by household and rank; positions as in the purchases that the model was fitted on."""

    household: Ints
    rank: Ints
    product: Ints
    score: Floats
    is_new: npt.NDArray[np.bool_]


def rank(model: Model, count: int, new_in_ten: int = NEW_IN_TEN) -> Ranked:
    """The `count` best products of every household with a history, best first, ties by product.

    At least `new_in_ten` of every ten places go to products that the household has never bought, where there are as
    many; the other places go to the best of what is left, bought before or not. The order is by score alone.
    """
    candidates = _joined(bought_before(model), not_bought_before(model, count))
    order = np.lexsort((candidates.product, -candidates.score, candidates.household))
    household, is_new = candidates.household[order], candidates.is_new[order]
    reserved = is_new & (_place_within(household, is_new) < count * new_in_ten // 10)
    kept_free = count - np.bincount(household[reserved], minlength=len(model.purchases.households))
    chosen = reserved | (_place_within(household, ~reserved) < kept_free[household])
    picked = order[chosen]
    household = candidates.household[picked]
    places = _place_within(household, np.ones(len(household), dtype=np.bool_))
    return Ranked(
        household, places + 1, candidates.product[picked], candidates.score[picked], candidates.is_new[picked]
    )


def _place_within(household: Ints, counted: npt.NDArray[np.bool_]) -> Ints:
    """Per row of a table sorted by household, how many counted rows of the same household come before it."""
    before: Ints = np.cumsum(counted) - counted
    starts = np.flatnonzero(np.append(True, household[1:] != household[:-1])[: len(household)])
    lengths = np.diff(np.append(starts, len(household)))
    return before - np.repeat(before[starts], lengths)


def _joined(first: Candidates, second: Candidates) -> Candidates:
    return Candidates(
        np.concatenate((first.household, second.household)),
        np.concatenate((first.product, second.product)),
        np.concatenate((first.score, second.score)),
        np.concatenate((first.is_new, second.is_new)),
    )
