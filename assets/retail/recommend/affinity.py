"""Which products the same households buy: item-item nearest neighbours, fitted with the library implicit.

Only the similarity of products belongs here; how it turns into a recommendation is decided in `scores`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import threadpoolctl  # type: ignore[import-untyped]
from implicit.nearest_neighbours import ItemItemRecommender
from scipy import sparse

NEIGHBOURS = 50
"""Similar products kept for each product."""

MIN_HOUSEHOLDS = 5
"""Products bought by fewer households take no part: one shared buyer would make two of them look alike."""

MIN_SHARED_HOUSEHOLDS = 3
"""Pairs shared by fewer households are chance, and no reason to give to anyone."""

_PAIRS_AT_A_TIME = 10_000


def similar_products(weights: sparse.csr_matrix) -> sparse.csr_matrix:
    """Similarities of products, 0 to 1, as a square matrix; a row holds a product's `NEIGHBOURS` nearest.

    The measure is the cosine of TF-IDF weighted product columns, where a household is the document: one that buys
    nearly everything says little about what goes together. The inverse document frequency is log(1 + P / n) for n of
    P products, which stays positive for every n, so that no column loses its length.

    Args:
        weights: household by product, how much each household buys each product (positive, recency-weighted baskets).
    """
    products = weights.shape[1]
    enough_buyers = np.flatnonzero(np.bincount(weights.indices, minlength=products) >= MIN_HOUSEHOLDS)
    if len(enough_buyers) == 0:
        return sparse.csr_matrix((products, products))
    chosen = sparse.csr_matrix(weights[:, enough_buyers])
    bought = np.diff(chosen.indptr)
    rarity = np.log1p(len(enough_buyers) / np.maximum(bought, 1))
    chosen.data = np.sqrt(chosen.data) * np.repeat(rarity, bought)
    length = np.sqrt(np.bincount(chosen.indices, weights=chosen.data**2, minlength=len(enough_buyers)))
    chosen.data /= length[chosen.indices]

    # implicit warns where BLAS has threads of its own; the limit ends with this block and leaves the process as it was.
    with threadpoolctl.threadpool_limits(1, "blas"):
        # One neighbour more, for every product is nearest to itself.
        model = ItemItemRecommender(K=NEIGHBOURS + 1)
        model.fit(chosen, show_progress=False)
    found = model.similarity.tocoo()
    real = (found.row != found.col) & (found.data > 0)
    row, column, value = found.row[real], found.col[real], found.data[real]
    often = shared_households(chosen, row, column) >= MIN_SHARED_HOUSEHOLDS
    place = enough_buyers[row[often]], enough_buyers[column[often]]
    return sparse.csr_matrix((value[often], place), shape=(products, products))


def shared_households(weights: Any, first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """For each pair of products (columns of `weights`, same length), the number of households that buy both."""
    households, products = weights.shape
    bought = np.zeros((products, households), dtype=np.bool_)
    bought[weights.nonzero()[::-1]] = True
    # One bit a household: 2,500 households take 313 bytes a product, so that millions of pairs are counted in no time.
    bits = np.packbits(bought, axis=1)
    shared = np.empty(len(first), dtype=np.int64)
    for at in range(0, len(first), _PAIRS_AT_A_TIME):
        here = slice(at, at + _PAIRS_AT_A_TIME)
        shared[here] = np.bitwise_count(bits[first[here]] & bits[second[here]]).sum(axis=1, dtype=np.int64)
    return shared
