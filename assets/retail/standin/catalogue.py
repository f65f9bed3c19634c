"""The products of the sample: what is on the shelves, at what price, and how popular.

Only products belong here (`product.csv`); who buys them is elsewhere. Popularity within a commodity follows Zipf's law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tributary.assets.retail.standin.arrays import Bools, Floats, Ints, shares
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.vocabulary import FUEL_COMMODITIES, FUEL_KIND, NO_SIZE, Commodity, commodities
from tributary.assets.retail.standin.writer import Column, plain, table

PRIVATE_MANUFACTURER = 69
_ZIPF = 0.9
_WEIGHED_AISLES = frozenset({"meat", "produce", "seafood", "deli"})


@dataclass(frozen=True)
class Catalogue:
    """Products by code 0..n-1, which are sorted by commodity; `ids` are the PRODUCT_ID values, in no order."""

    commodities: tuple[Commodity, ...]
    ids: Ints
    unlisted_ids: Ints
    commodity: Ints
    first_of: Ints
    """For each commodity the code of its first product; the products follow by falling popularity."""
    popularity: Floats
    cents: Ints
    private: Bools
    weighed: Bools
    fuel: Bools
    manufacturer: Ints
    kinds: tuple[str, ...]
    kind: Ints
    pack_sizes: tuple[str, ...]
    pack_size: Ints

    def code_of(self, name: str) -> int:
        """The index of the commodity called `name`."""
        return next(index for index, commodity in enumerate(self.commodities) if commodity.name == name)

    def count_of(self) -> Ints:
        """The number of products of each commodity."""
        return np.bincount(self.commodity, minlength=len(self.commodities)).astype(np.int64)

    def columns(self) -> list[Column]:
        """The columns of `product.csv`, by PRODUCT_ID."""
        order = np.argsort(self.ids)
        named = self.commodity[order]
        return [
            plain("PRODUCT_ID", self.ids[order]),
            plain("MANUFACTURER", self.manufacturer[order]),
            table("DEPARTMENT", [c.department for c in self.commodities], named),
            table("BRAND", ["National", "Private"], self.private[order].astype(np.int64)),
            table("COMMODITY_DESC", [c.name for c in self.commodities], named),
            table("SUB_COMMODITY_DESC", self.kinds, self.kind[order]),
            table("CURR_SIZE_OF_PRODUCT", self.pack_sizes, self.pack_size[order]),
        ]


def make_catalogue(sizes: Sizes, rng: np.random.Generator) -> Catalogue:
    """Invent the products."""
    known = commodities()
    counts = shares(sizes.products, np.array([c.shelf for c in known]), least=1)
    _allow_for_fuel(known, counts)
    commodity = np.repeat(np.arange(len(known)), counts)
    first_of = np.cumsum(counts) - counts
    rank = np.arange(len(commodity)) - first_of[commodity]
    zipf = 1 / (rank + 1.0) ** _ZIPF
    demand = np.array([c.demand for c in known])
    popularity = zipf / np.add.reduceat(zipf, first_of)[commodity] * demand[commodity]

    private = rng.random(len(commodity)) < np.array([c.private_share for c in known])[commodity]
    fuel_commodity = np.isin(commodity, [i for i, c in enumerate(known) if c.name in FUEL_COMMODITIES])
    fuel = fuel_commodity & (rank < np.maximum(2, counts[commodity] // 6))
    private |= fuel
    kinds, kind = _kinds(known, commodity, rng)
    kind[fuel] = kinds.index(FUEL_KIND)
    pack_sizes, pack_size = _pack_sizes(known, commodity, rng)
    pack_size[fuel] = pack_sizes.index(NO_SIZE)
    unlisted = max(5, len(commodity) // 1000)
    every_id = _ids(len(commodity) + unlisted, rng)
    return Catalogue(
        commodities=known,
        ids=every_id[unlisted:],
        unlisted_ids=every_id[:unlisted],
        commodity=commodity,
        first_of=first_of,
        popularity=popularity,
        cents=_prices(known, commodity, private, rng),
        private=private,
        weighed=_weighed(known, commodity, rng),
        fuel=fuel,
        manufacturer=_manufacturers(commodity, private, rng),
        kinds=kinds,
        kind=kind,
        pack_sizes=pack_sizes,
        pack_size=pack_size,
    )


def _allow_for_fuel(known: tuple[Commodity, ...], counts: Ints) -> None:
    """Fuel stands beside other articles of its commodities, so each needs at least three; the largest shelf gives."""
    for index, commodity in enumerate(known):
        if commodity.name in FUEL_COMMODITIES and counts[index] < 3:
            counts[np.argmax(counts)] -= 3 - counts[index]
            counts[index] = 3


def _ids(count: int, rng: np.random.Generator) -> Ints:
    spread = np.cumsum(rng.integers(1, 2 * (18_300_000 - 25_671) // count, size=count)) + 25_671
    return rng.permutation(spread)


def _kinds(known: tuple[Commodity, ...], commodity: Ints, rng: np.random.Generator) -> tuple[tuple[str, ...], Ints]:
    labels = [kind for c in known for kind in c.kinds]
    lengths = np.array([len(c.kinds) for c in known])
    starts = np.cumsum(lengths) - lengths
    picked = starts[commodity] + (rng.random(len(commodity)) * lengths[commodity]).astype(np.int64)
    return (*labels, FUEL_KIND), picked


def _pack_sizes(
    known: tuple[Commodity, ...], commodity: Ints, rng: np.random.Generator
) -> tuple[tuple[str, ...], Ints]:
    labels = tuple(sorted({size for c in known for size in c.sizes} | {NO_SIZE}))
    number = {label: code for code, label in enumerate(labels)}
    lengths = np.array([len(c.sizes) for c in known])
    starts = np.cumsum(lengths) - lengths
    flat = np.array([number[size] for c in known for size in c.sizes])
    picked = flat[starts[commodity] + (rng.random(len(commodity)) * lengths[commodity]).astype(np.int64)]
    return labels, np.where(rng.random(len(commodity)) < 0.12, number[NO_SIZE], picked)


def _prices(known: tuple[Commodity, ...], commodity: Ints, private: Bools, rng: np.random.Generator) -> Ints:
    typical = np.array([c.price for c in known])[commodity]
    dollars = typical * np.exp(rng.normal(0, 0.33, len(commodity))) * np.where(private, 0.85, 1.0)
    # Shelf prices end in 9.
    return np.maximum(19, np.round(dollars * 10).astype(np.int64) * 10 - 1)


def _weighed(known: tuple[Commodity, ...], commodity: Ints, rng: np.random.Generator) -> Bools:
    aisle = np.array([c.aisle in _WEIGHED_AISLES for c in known])
    return aisle[commodity] & (rng.random(len(commodity)) < 0.6)


def _manufacturers(commodity: Ints, private: Bools, rng: np.random.Generator) -> Ints:
    """A few makers lead in each commodity; some makers sell in many."""
    place = np.floor(np.exp(rng.random(len(commodity)) * np.log(60.0))).astype(np.int64)
    maker = 70 + (commodity * 37 + place * place) % 6400
    return np.where(private, PRIVATE_MANUFACTURER, maker)
