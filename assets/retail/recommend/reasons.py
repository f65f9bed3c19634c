"""Why a product is recommended, in one sentence with the numbers behind it. Every number is a count of purchases."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from tributary.assets.retail.recommend.affinity import shared_households
from tributary.assets.retail.recommend.purchases import Ints
from tributary.assets.retail.recommend.ranking import Ranked
from tributary.assets.retail.recommend.scores import Model


def reasons(model: Model, ranked: Ranked) -> list[str]:
    """One sentence per row of `ranked`.

    A product bought before is explained by the household's own baskets. A new one is explained by the product of the
    household that speaks most for it, with the number of households that buy both. Popularity comes first, since it
    decides most: measured by new purchases, affinity adds no more to it than chance may (`ranking.NEW_IN_TEN`).
    """
    purchases = model.purchases
    width = max(len(purchases.products), 1)
    pairs, times = np.unique(purchases.line_household * width + purchases.line_product, return_counts=True)
    wanted = ranked.household * width + ranked.product
    place = np.minimum(np.searchsorted(pairs, wanted), max(len(pairs) - 1, 0))
    baskets = purchases.baskets_of_household
    buyers = np.bincount(model.weights.indices, minlength=width)
    own = sparse.csr_matrix(model.weights[:, model.offered])
    column = np.searchsorted(model.offered, ranked.product)
    because = _strongest_pointer(model, ranked, own, column)
    pointed = because >= 0
    shared = np.zeros(len(because), dtype=np.int64)
    shared[pointed] = shared_households(own, because[pointed], column[pointed])

    texts: list[str] = []
    for row, (household, product) in enumerate(zip(ranked.household, ranked.product, strict=True)):
        if not ranked.is_new[row]:
            texts.append(f"Bought in {times[place[row]]} of your {_counted(baskets[household], 'basket')}")
        elif pointed[row]:
            known = model.offered[because[row]]
            texts.append(
                f"New to you: bought by {buyers[product]} of {_counted(len(purchases.households), 'household')}, "
                f"{shared[row]} of them with {purchases.products[known]}, which you buy"
            )
        else:
            texts.append(
                f"New to you: bought by {buyers[product]} of {_counted(len(purchases.households), 'household')}"
            )
    return texts


def _strongest_pointer(model: Model, ranked: Ranked, own: sparse.csr_matrix, column: Ints) -> Ints:
    """Per row the household's product with the largest part in the row's affinity; -1 where the row has none.

    Products are places in `model.offered` here: in the result, in `own` (what households buy of them) and in `column`
    (the product of each row).
    """
    pointers = model.similar.tocsc()
    weight = np.zeros(len(model.offered))
    because = np.full(len(ranked.product), -1, dtype=np.int64)
    for row in np.flatnonzero(ranked.is_new):
        mine = slice(*own.indptr[ranked.household[row] : ranked.household[row] + 2])
        theirs = slice(*pointers.indptr[column[row] : column[row] + 2])
        weight[own.indices[mine]] = own.data[mine]
        parts = weight[pointers.indices[theirs]] * pointers.data[theirs]
        weight[own.indices[mine]] = 0
        if parts.max(initial=0) > 0:
            because[row] = pointers.indices[theirs][parts == parts.max()].min()
    return because


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
