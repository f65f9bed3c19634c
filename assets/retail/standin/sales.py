"""The sales file: lines, amounts and their oddities put together.

The columns of `transaction_data.csv` belong here, and the few oddities that the source has: sales of products that
the product file does not list, and a sales value that is a rounding error of binary numbers instead of zero.
"""

from __future__ import annotations

import numpy as np

from tributary.assets.retail.standin.arrays import Bools, Ints
from tributary.assets.retail.standin.baskets import Lines, Shop
from tributary.assets.retail.standin.pricing import Amounts
from tributary.assets.retail.standin.seasons import week_of
from tributary.assets.retail.standin.sizes import LAST_DAY, LAST_WEEK
from tributary.assets.retail.standin.writer import Column, table

FLOAT_NOISE = "4.440892e-16"
_UNLISTED = 0.0005


def sales_columns(
    shop: Shop, lines: Lines, amounts: Amounts, redeemed: Bools, store_ids: Ints, rng: np.random.Generator
) -> list[Column]:
    """The columns of `transaction_data.csv`, by time."""
    trips, basket = shop.trips, lines.basket
    clocks = [str(clock) for clock in range(2400)]
    return [
        table("household_key", _numbers(1, len(shop.households.age)), trips.household[basket]),
        Column.of("BASKET_ID", trips.ids.astype(np.bytes_), basket),
        table("DAY", _numbers(0, LAST_DAY), trips.day[basket]),
        Column.of("PRODUCT_ID", _product_texts(shop), _with_unlisted(shop, lines, redeemed, rng)),
        table("QUANTITY", _numbers(0, int(amounts.quantity.max())), amounts.quantity),
        _sales_value(amounts, rng),
        Column.of("STORE_ID", store_ids.astype(np.bytes_), trips.store[basket]),
        _money("RETAIL_DISC", amounts.retail_disc),
        table("TRANS_TIME", clocks, trips.clock[basket]),
        table("WEEK_NO", _numbers(0, LAST_WEEK), week_of(trips.day[basket])),
        _money("COUPON_DISC", amounts.coupon_disc),
        _money("COUPON_MATCH_DISC", amounts.coupon_match_disc),
    ]


def _numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def _money(name: str, cents: Ints) -> Column:
    """A column of dollars from cents that are all >= 0 or all <= 0."""
    sign = -1 if cents.min(initial=0) < 0 else 1
    texts = [str(sign * value / 100) if value else "0.0" for value in range(int(np.abs(cents).max(initial=0)) + 1)]
    return table(name, texts, np.abs(cents))


def _sales_value(amounts: Amounts, rng: np.random.Generator) -> Column:
    column = _money("SALES_VALUE", amounts.sales)
    codes = column.codes.copy()
    nothing = np.flatnonzero((amounts.quantity == 0) & (amounts.sales == 0))
    few = min(len(nothing), 1 + len(codes) // 1_000_000)
    codes[rng.choice(nothing, few, replace=False)] = len(column.texts)
    return Column(column.name, np.append(column.texts, np.array([FLOAT_NOISE], dtype=np.bytes_)), codes)


def _product_texts(shop: Shop) -> np.typing.NDArray[np.bytes_]:
    return np.concatenate([shop.catalogue.ids, shop.catalogue.unlisted_ids]).astype(np.bytes_)


def _with_unlisted(shop: Shop, lines: Lines, redeemed: Bools, rng: np.random.Generator) -> Ints:
    """Product codes, a few replaced by unlisted ones: at most one in a basket, its first, and none redeemed."""
    first = np.concatenate(([True], lines.basket[1:] != lines.basket[:-1]))
    plain_lines = np.flatnonzero(first & ~redeemed & ~shop.catalogue.fuel[lines.product])
    count = max(5, round(len(lines.product) * _UNLISTED))
    chosen = rng.choice(plain_lines, min(count, len(plain_lines)), replace=False)
    codes = lines.product.copy()
    codes[chosen] = len(shop.catalogue.ids) + rng.integers(0, len(shop.catalogue.unlisted_ids), len(chosen))
    return codes
