"""The front door: sales lines in, recommendations and their measured quality out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tributary.assets.retail.recommend.evaluation import Evaluation, evaluate
from tributary.assets.retail.recommend.purchases import Purchases, RecommendError, read_purchases
from tributary.assets.retail.recommend.ranking import rank
from tributary.assets.retail.recommend.reasons import reasons
from tributary.assets.retail.recommend.scores import fit

MAX_COUNT = 100

SCHEMA = pa.schema(
    [
        pa.field("household_key", pa.int32(), nullable=False),
        pa.field("rank", pa.int32(), nullable=False),
        pa.field("product_id", pa.int32(), nullable=False),
        pa.field("score", pa.float64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Recommendations:
    """The lists (`SCHEMA`, sorted by household and rank) and how good lists of ten made this way are."""

    table: pa.Table
    evaluation: Evaluation


def recommend(sales: pa.Table, *, count: int = 10) -> Recommendations:
    """The `count` products most likely to please each household in its next basket, with a reason each.

    Three of ten places are kept for products that the household has never bought. Ranks are dense from 1; a list is
    shorter than `count` only where there are too few products. The score is the estimated chance that the product is
    in the next basket, falling with the rank. The same rows in any order give the same result. No sales give an empty
    table and an evaluation without rates: a shop that has sold nothing is no failure.

    Args:
        sales: lines with `household_key`, `basket_id`, `product_id`, `quantity` (integers) and `sold_at` (timestamp).
        count: length of the lists, 1 to 100.

    Raises:
        RecommendError: a column is missing, has the wrong type or holds a null, or `count` is out of range.
    """
    if not 1 <= count <= MAX_COUNT:
        raise RecommendError(f"A list of {count} recommendations cannot be made; ask for 1 to {MAX_COUNT}.")
    purchases = read_purchases(sales)
    if len(purchases.households) == 0:
        return Recommendations(SCHEMA.empty_table(), evaluate(purchases))
    return Recommendations(_lists(purchases, count), evaluate(purchases))


def _lists(purchases: Purchases, count: int) -> pa.Table:
    model = fit(purchases)
    ranked = rank(model, count)
    columns = [
        purchases.households[ranked.household].astype(np.int32),
        ranked.rank.astype(np.int32),
        purchases.products[ranked.product].astype(np.int32),
        ranked.score,
        reasons(model, ranked),
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
