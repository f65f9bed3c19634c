"""The sales file: what the lines cost, and `transaction_data.csv` put together.

Quantities, money and the columns belong here. All amounts are whole cents until they are written. As in the source,
SALES_VALUE is what the shop receives: price times quantity less the shop's own discounts (RETAIL_DISC and
COUPON_MATCH_DISC, both zero or negative); COUPON_DISC is paid by the manufacturer and does not lower it. The few
oddities of the source are there too: sales of products that the product file does not list, and a sales value that is
a rounding error of binary numbers instead of zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.baskets import Lines, Shop
from tributary.assets.retail.standin.draws import Bools, Floats, Ints, hashed_uniform
from tributary.assets.retail.standin.files import labelled
from tributary.assets.retail.standin.seasons import week_of

FLOAT_NOISE = "4.440892e-16"
_UNLISTED = 0.0005
_EMPTY_LINES = 0.005
_FREE_LINES = 0.0015
_COUPON_CENTS = (35, 40, 50, 50, 55, 75, 100, 100, 150, 200)
_MATCHED_UP_TO = 50


@dataclass(frozen=True)
class Amounts:
    """Per line: quantity (units; fuel in thousandths of a gallon) and cents."""

    quantity: Ints
    sales: Ints
    retail_disc: Ints
    coupon_disc: Ints
    coupon_match_disc: Ints


def make_amounts(shop: Shop, lines: Lines, redeemed: Bools, rng: np.random.Generator) -> Amounts:
    """Price the lines; those `redeemed` carry a campaign's coupon."""
    day = shop.trips.day[lines.basket]
    fuel = shop.catalogue.fuel[lines.product]
    quantity = _quantities(shop, lines, rng)
    price = _prices(shop, lines, rng)
    retail = -np.round(price * _card_discount(shop, lines, week_of(day))).astype(np.int64) * quantity
    gross = price * quantity

    at_pump = np.flatnonzero(fuel)
    thousandths = np.clip(rng.normal(11_000, 4_500, len(at_pump)), 1_500, 32_000).astype(np.int64)
    quantity[at_pump] = thousandths
    gross[at_pump] = np.round(thousandths / 1000 * _gallon_cents(day[at_pump])).astype(np.int64)
    retail[at_pump] = -np.where(rng.random(len(at_pump)) < 0.3, thousandths // 100, 0)

    coupon, match = _coupons(gross + retail, redeemed, ~fuel, rng)
    sales = gross + retail + match
    odd = rng.random(len(day))
    free = (odd < _FREE_LINES) & ~fuel & ~redeemed
    sales[free], retail[free], coupon[free], match[free] = 0, -gross[free], 0, 0
    empty = (odd > 1 - _EMPTY_LINES) & ~redeemed
    for amount in (quantity, sales, retail, match, coupon):
        amount[empty] = 0
    return Amounts(quantity, sales, retail, coupon, match)


def _quantities(shop: Shop, lines: Lines, rng: np.random.Generator) -> Ints:
    several = np.array([c.several for c in shop.catalogue.commodities])
    stop = np.where(several[shop.catalogue.commodity[lines.product]], 0.66, 0.85)
    # Geometric, by inversion: most lines have one unit, a few have many.
    drawn = 1 + np.floor(np.log1p(-rng.random(len(stop))) / np.log1p(-stop))
    quantity: Ints = np.minimum(drawn, 24).astype(np.int64)
    return quantity


def _prices(shop: Shop, lines: Lines, rng: np.random.Generator) -> Ints:
    price = shop.catalogue.cents[lines.product]
    weight = np.exp(rng.normal(0, 0.3, len(price)))
    weighed = np.maximum(10, np.round(price * weight).astype(np.int64))
    return np.where(shop.catalogue.weighed[lines.product], weighed, price)


def _card_discount(shop: Shop, lines: Lines, week: Ints) -> Floats:
    """The part of the price that the loyalty card saves: one rate per product and week, deep when it is promoted."""
    luck = hashed_uniform(lines.product, week)
    depth = hashed_uniform(week, lines.product)
    promoted = shop.promotions.promoted[lines.product, week]
    part = np.where(promoted, 0.12 + 0.3 * depth, 0.04 + 0.18 * depth)
    return np.where(luck < np.where(promoted, 0.93, 0.4), part, 0.0)


def _gallon_cents(day: Ints) -> Floats:
    """The price of a gallon climbs over the two years, with a summer bump."""
    cents: Floats = 178 + 0.09 * day + 14 * np.sin(day / 365.25 * 2 * np.pi)
    return cents


def _coupons(paid: Ints, redeemed: Bools, eligible: Bools, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Coupon and match discounts in cents; besides the campaigns' coupons there are those from newspapers."""
    with_coupon = (redeemed | (eligible & (rng.random(len(paid)) < 0.0145))) & (paid > 10)
    value = np.array(_COUPON_CENTS)[rng.integers(0, len(_COUPON_CENTS), len(paid))]
    value = np.minimum(value, paid)
    coupon = np.where(with_coupon, -value, 0)
    room = with_coupon & (value <= _MATCHED_UP_TO) & (paid >= 2 * value)
    return coupon, np.where(room, -np.minimum(value, 100 - value), 0)


def sales_table(
    shop: Shop, lines: Lines, amounts: Amounts, redeemed: Bools, store_ids: Ints, rng: np.random.Generator
) -> pa.Table:
    """The rows of `transaction_data.csv`, by time."""
    trips, basket = shop.trips, lines.basket
    day = trips.day[basket]
    products = np.concatenate([shop.catalogue.ids, shop.catalogue.unlisted_ids])
    columns = {
        "household_key": trips.household[basket] + 1,
        "BASKET_ID": trips.ids[basket],
        "DAY": day,
        "PRODUCT_ID": products[_with_unlisted(shop, lines, redeemed, rng)],
        "QUANTITY": amounts.quantity,
        "SALES_VALUE": _dollars(amounts.sales, _noisy(amounts, rng)),
        "STORE_ID": store_ids[trips.store[basket]],
        "RETAIL_DISC": _dollars(amounts.retail_disc),
        "TRANS_TIME": trips.clock[basket],
        "WEEK_NO": week_of(day),
        "COUPON_DISC": _dollars(amounts.coupon_disc),
        "COUPON_MATCH_DISC": _dollars(amounts.coupon_match_disc),
    }
    return pa.table(columns)


def _dollars(cents: Ints, noisy: Ints | None = None) -> pa.Array:
    """A column of dollars from cents that are all >= 0 or all <= 0; `noisy` rows say a rounding error."""
    sign = -1 if cents.min(initial=0) < 0 else 1
    codes = np.abs(cents)
    texts = [str(sign * value / 100) if value else "0.0" for value in range(int(codes.max(initial=0)) + 1)]
    if noisy is not None:
        codes[noisy] = len(texts)
    return labelled([*texts, FLOAT_NOISE], codes)


def _noisy(amounts: Amounts, rng: np.random.Generator) -> Ints:
    """A few of the rows that sell nothing."""
    nothing = np.flatnonzero((amounts.quantity == 0) & (amounts.sales == 0))
    few = min(len(nothing), 1 + len(amounts.sales) // 1_000_000)
    return rng.choice(nothing, few, replace=False)


def _with_unlisted(shop: Shop, lines: Lines, redeemed: Bools, rng: np.random.Generator) -> Ints:
    """Product codes, a few replaced by unlisted ones: at most one in a basket, its first, and none redeemed."""
    first = np.concatenate(([True], lines.basket[1:] != lines.basket[:-1]))
    plain_lines = np.flatnonzero(first & ~redeemed & ~shop.catalogue.fuel[lines.product])
    count = max(5, round(len(lines.product) * _UNLISTED))
    chosen = rng.choice(plain_lines, min(count, len(plain_lines)), replace=False)
    codes = lines.product.copy()
    codes[chosen] = len(shop.catalogue.ids) + rng.integers(0, len(shop.catalogue.unlisted_ids), len(chosen))
    return codes
