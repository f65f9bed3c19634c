"""Who bought what in which basket: the sales lines brought into one canonical form.

Reading the Arrow table, dropping what is no purchase, and setting last baskets aside belong here; no scoring does.
The form is sorted by identifiers, so that nothing after it can depend on the order of the rows that came in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tributary.resources.errors import TributaryError

Ints = npt.NDArray[np.int64]

_INTEGERS = {
    "household_key": pa.int32(),
    "basket_id": pa.int64(),
    "product_id": pa.int32(),
    "quantity": pa.int64(),
}
_COLUMNS = (*_INTEGERS, "sold_at")


class RecommendError(TributaryError):
    """The sales lines, or what was asked of them, cannot give recommendations."""


@dataclass(frozen=True)
class Purchases:
    """Baskets and the distinct products in them; everything but the identifiers is a position into another array.

    Attributes:
        households: household keys, ascending.
        products: product ids, ascending.
        basket_household: per basket its household; baskets are sorted by household, time, then basket id.
        basket_time: per basket the time of its latest line, in microseconds.
        line_basket: per distinct (basket, product) its basket, ascending.
        line_product: per distinct (basket, product) its product, ascending within the basket.
    """

    households: Ints
    products: Ints
    basket_household: Ints
    basket_time: Ints
    line_basket: Ints
    line_product: Ints

    @property
    def line_household(self) -> Ints:
        """Per distinct (basket, product) its household."""
        return self.basket_household[self.line_basket]

    @property
    def baskets_of_household(self) -> Ints:
        """Per household its number of baskets."""
        return np.bincount(self.basket_household, minlength=len(self.households)).astype(np.int64)


@dataclass(frozen=True)
class HeldOut:
    """Purchases without the last basket of each household that has two or more, and those baskets.

    Attributes:
        training: the other baskets; households and products keep their positions.
        household: per distinct (held-out basket, product) its household.
        product: per distinct (held-out basket, product) its product.
    """

    training: Purchases
    household: Ints
    product: Ints


def read_purchases(sales: pa.Table) -> Purchases:
    """The purchases in sales lines with `household_key`, `basket_id`, `product_id`, `sold_at` and `quantity`.

    Lines of the same basket and product count once. A line with a quantity of zero or less is a coupon or a return,
    not a purchase, and is left out. A basket belongs to one household: the same basket id under two households makes
    two baskets.

    Raises:
        RecommendError: a column is missing, has the wrong type, or holds a null or a number too large.
    """
    _check(sales)
    if len(sales) and pc.min(sales["quantity"]).as_py() <= 0:
        sales = sales.filter(pc.greater(sales["quantity"], 0))
    households, line_household = _numbered(_integers(sales, "household_key"))
    numbers, line_number = _numbered(_integers(sales, "basket_id"))
    stride = max(len(numbers), 1)
    keys, line_basket = _numbered(line_household * stride + line_number)
    del line_household, line_number  # of millions of lines, each takes as much as a column of the table
    basket_household = keys // stride
    basket_time = np.full(len(keys), np.iinfo(np.int64).min)
    np.maximum.at(basket_time, line_basket, _microseconds(sales["sold_at"]))

    order = np.lexsort((keys, basket_time, basket_household))
    place = np.empty(len(keys), dtype=np.int64)
    place[order] = np.arange(len(keys))
    products, line_product = _numbered(_integers(sales, "product_id"))
    width = max(len(products), 1)
    pairs = distinct(place[line_basket] * width + line_product)
    return Purchases(households, products, basket_household[order], basket_time[order], pairs // width, pairs % width)


def hold_out_last_baskets(purchases: Purchases) -> HeldOut:
    """Set aside the last basket of each household with at least two; ties in time go to the higher basket id."""
    household = purchases.basket_household
    is_last = np.append(household[1:] != household[:-1], True)[: len(household)]
    held = is_last & (purchases.baskets_of_household[household] > 1)
    held_line = held[purchases.line_basket]
    position = np.cumsum(~held) - 1
    training = replace(
        purchases,
        basket_household=household[~held],
        basket_time=purchases.basket_time[~held],
        line_basket=position[purchases.line_basket[~held_line]],
        line_product=purchases.line_product[~held_line],
    )
    return HeldOut(training, purchases.line_household[held_line], purchases.line_product[held_line])


def distinct(values: Ints) -> Ints:
    """The distinct values, ascending; by sorting, which is far faster than numpy's hashing on millions of keys."""
    ordered = np.sort(values)
    kept: Ints = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return kept


def _numbered(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values, ascending, and of each value its place among them."""
    found = distinct(values)
    return found, np.searchsorted(found, values)


def _check(sales: pa.Table) -> None:
    for name in _COLUMNS:
        if name not in sales.column_names:
            raise RecommendError(f"The sales lines have no column {name}; give them {', '.join(_COLUMNS)}.")
        kind = sales.schema.field(name).type
        fits = pa.types.is_timestamp(kind) if name == "sold_at" else pa.types.is_integer(kind)
        if not fits:
            wanted = "a timestamp" if name == "sold_at" else "an integer"
            raise RecommendError(f"Column {name} of the sales lines is {kind}, not {wanted}; cast it first.")
        if sales[name].null_count:
            raise RecommendError(
                f"Column {name} of the sales lines holds {sales[name].null_count} nulls; leave those lines out first."
            )


def _integers(sales: pa.Table, name: str) -> Ints:
    try:
        column = sales[name].cast(_INTEGERS[name])
    except pa.ArrowInvalid as error:
        raise RecommendError(
            f"Column {name} of the sales lines holds a number beyond {_INTEGERS[name]}; leave those lines out first."
        ) from error
    values: Ints = column.to_numpy().astype(np.int64, copy=False)
    return values


def _microseconds(column: Any) -> Ints:
    # Finer fractions are cut off: they decide nothing between two baskets of a household.
    values: Ints = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).to_numpy()
    return values
