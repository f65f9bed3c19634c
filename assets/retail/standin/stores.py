"""The stores of the sample; they have nothing but a number."""

from __future__ import annotations

import numpy as np

from tributary.assets.retail.standin.arrays import Ints
from tributary.assets.retail.standin.sizes import Sizes


def make_stores(sizes: Sizes, rng: np.random.Generator) -> Ints:
    """STORE_ID by store code: four of five are numbers up to 469, the others have five digits."""
    ids = np.concatenate(
        [
            rng.permutation(np.arange(280, 470)),
            rng.permutation(np.arange(1, 280)),
        ]
    )[: sizes.stores - sizes.stores // 5]
    newer = rng.permutation(np.arange(31_300, 34_300))[: sizes.stores - len(ids)]
    return np.concatenate([ids, newer])
