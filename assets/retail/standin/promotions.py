"""The promotions of the sample: which product is displayed or mailed, where and in which week.

`causal_data.csv` belongs here. It is by far the largest file, so it is made and written in chunks of some hundred
thousand rows and never held as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.catalogue import Catalogue
from tributary.assets.retail.standin.draws import Bools, GroupedChoice, Ints, weighted
from tributary.assets.retail.standin.files import Progress, labelled, write_chunks
from tributary.assets.retail.standin.sizes import FIRST_WEEK_PROMOTED, LAST_WEEK, MEAN_COVERAGE, Sizes

COLUMNS = ("PRODUCT_ID", "STORE_ID", "WEEK_NO", "display", "mailer")
DISPLAYS = ("0", "1", "2", "3", "4", "5", "6", "7", "9", "A")
MAILERS = ("0", "A", "C", "D", "F", "H", "J", "L", "P", "X", "Z")
_MAILER_WEIGHTS = (340.0, 435.0, 8.0, 125.0, 27.0, 42.0, 10.0, 9.0, 0.3, 5.0, 0.6)
_DISPLAY_WEIGHTS_UNMAILED = (0.0, 29.0, 89.0, 83.0, 49.0, 196.0, 103.0, 62.0, 373.0, 16.0)
_DISPLAY_WEIGHTS_MAILED = (858.0, 3.0, 23.0, 20.0, 3.0, 43.0, 11.0, 9.0, 25.0, 5.0)
_STEPS = 4096
_PAIRS_PER_CHUNK = 3000


@dataclass(frozen=True)
class Promotions:
    """Promoted (product, week) pairs in that order."""

    product: Ints
    week: Ints
    mailer: Ints
    coverage: Ints
    """Of 256 promotion stores, how many take part on average."""
    promoted: Bools
    """Shape (products, LAST_WEEK + 1)."""
    choice: GroupedChoice
    """Groups are weeks; an entry is an index into `choice_product`."""
    choice_product: Ints


def make_promotions(sizes: Sizes, catalogue: Catalogue, rng: np.random.Generator) -> Promotions:
    """Plan the promotions. Popular products are promoted more often, none in more than a third of the weeks."""
    weeks = np.arange(FIRST_WEEK_PROMOTED, LAST_WEEK)
    wanted = sizes.promotions / (sizes.promotion_stores * MEAN_COVERAGE)
    chance = np.where(catalogue.fuel, 0.0, catalogue.popularity**0.45)
    for _ in range(4):  # capping lowers the sum; a few rounds bring it back
        chance = np.minimum(chance * (wanted / len(weeks) / chance.sum()), 1 / 3)
    promoted = np.zeros((len(catalogue.ids), LAST_WEEK + 1), dtype=np.bool_)
    promoted[:, weeks] = rng.random((len(chance), len(weeks)), dtype=np.float32) < chance[:, None]
    product, week = np.nonzero(promoted)
    by_week = np.argsort(week, kind="stable")
    return Promotions(
        product=product,
        week=week,
        mailer=weighted(_MAILER_WEIGHTS, len(product), rng),
        coverage=rng.integers(round(512 * MEAN_COVERAGE) - 256, 257, len(product)),
        promoted=promoted,
        choice=GroupedChoice.of(week[by_week], catalogue.popularity[product[by_week]], LAST_WEEK + 1),
        choice_product=product[by_week],
    )


def write_promotions(
    path: Path, promotions: Promotions, product_ids: Ints, store_ids: Ints, rng: np.random.Generator, progress: Progress
) -> int:
    """Write `causal_data.csv` for the promotion stores `store_ids`, by product, week and store; return its rows."""
    lookup = _display_lookup()
    # Numbers that come again and again are written fastest as texts that were made once.
    numbers = (pa.array(values).cast(pa.string()) for values in (product_ids, store_ids, np.arange(LAST_WEEK + 1)))
    texts = (*numbers, pa.array(DISPLAYS), pa.array(MAILERS))
    order = np.lexsort((promotions.week, product_ids[promotions.product]))

    def chunks() -> Iterator[tuple[float, pa.Table]]:
        for start in range(0, len(order), _PAIRS_PER_CHUNK):
            pairs = order[start : start + _PAIRS_PER_CHUNK]
            present = rng.integers(0, 256, (len(pairs), len(store_ids)), dtype=np.uint8)
            pair, store = np.nonzero(present < promotions.coverage[pairs, None])
            pair = pairs[pair]
            mailer = promotions.mailer[pair]
            display = lookup[mailer, rng.integers(0, _STEPS, len(pair), dtype=np.uint16)]
            codes = (promotions.product[pair], store, promotions.week[pair], display, mailer)
            columns = [labelled(*column) for column in zip(texts, codes, strict=True)]
            yield (start + len(pairs)) / len(order), pa.table(columns, names=COLUMNS)

    return write_chunks(path, COLUMNS, chunks(), progress)


def _display_lookup() -> Ints:
    """Display codes by mailer and a number below _STEPS; a row without mailer always has a display."""
    lookup = np.empty((len(MAILERS), _STEPS), dtype=np.int64)
    for mailer in range(len(MAILERS)):
        odds = np.cumsum(_DISPLAY_WEIGHTS_UNMAILED if MAILERS[mailer] == "0" else _DISPLAY_WEIGHTS_MAILED)
        lookup[mailer] = np.searchsorted(odds, (np.arange(_STEPS) + 0.5) / _STEPS * odds[-1], side="right")
    return lookup
