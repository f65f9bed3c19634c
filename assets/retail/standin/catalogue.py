"""The products of the sample: what is on the shelves, at what price, and how popular.

Only products belong here (`product.csv`); who buys them is elsewhere. Popularity within a commodity follows Zipf's law.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tributary.assets.retail.standin.draws import Bools, Floats, Ints, one_of, shares
from tributary.assets.retail.standin.files import labelled
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.vocabulary import FUEL_COMMODITIES, FUEL_KIND, NO_SIZE, Commodity, commodities

PRIVATE_MANUFACTURER = 69
_ZIPF = 0.9


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
    kind: npt.NDArray[np.str_]
    pack_size: npt.NDArray[np.str_]

    def code_of(self, name: str) -> int:
        """The index of the commodity called `name`."""
        return next(index for index, commodity in enumerate(self.commodities) if commodity.name == name)

    def table(self) -> pa.Table:
        """The rows of `product.csv`, by PRODUCT_ID."""
        order = np.argsort(self.ids)
        named = self.commodity[order]
        columns = {
            "PRODUCT_ID": self.ids[order],
            "MANUFACTURER": self.manufacturer[order],
            "DEPARTMENT": labelled([c.department for c in self.commodities], named),
            "BRAND": labelled(["National", "Private"], self.private[order].astype(np.int64)),
            "COMMODITY_DESC": labelled([c.name for c in self.commodities], named),
            "SUB_COMMODITY_DESC": self.kind[order],
            "CURR_SIZE_OF_PRODUCT": self.pack_size[order],
        }
        return pa.table(columns)


def make_catalogue(sizes: Sizes, rng: np.random.Generator) -> Catalogue:
    """Invent the products."""
    known = commodities()
    counts = shares(sizes.products, np.array([c.shelf for c in known]), least=1)
    _allow_for_fuel(known, counts)
    commodity = np.repeat(np.arange(len(known)), counts)
    n = len(commodity)
    first_of = np.cumsum(counts) - counts
    rank = np.arange(n) - first_of[commodity]
    zipf = 1 / (rank + 1.0) ** _ZIPF
    demand = np.array([c.demand for c in known])
    fuel = np.isin(commodity, [i for i, c in enumerate(known) if c.name in FUEL_COMMODITIES])
    fuel &= rank < np.maximum(2, counts[commodity] // 6)
    private = (rng.random(n) < np.array([c.private_share for c in known])[commodity]) | fuel
    kind = _drawn([c.kinds for c in known], commodity, rng)
    kind[fuel] = FUEL_KIND
    pack_size = _drawn([c.sizes for c in known], commodity, rng)
    pack_size[(rng.random(n) < 0.12) | fuel] = NO_SIZE
    unlisted = max(5, n // 1000)
    every_id = rng.permutation(np.cumsum(rng.integers(1, 2 * (18_300_000 - 25_671) // (n + unlisted), n + unlisted)))
    every_id += 25_671
    # Shelf prices end in 9.
    typical = np.array([c.price for c in known])[commodity]
    dollars = typical * np.exp(rng.normal(0, 0.33, n)) * np.where(private, 0.85, 1.0)
    weighed = np.array([c.weighed for c in known])[commodity] & (rng.random(n) < 0.6)
    # A few makers lead in each commodity; some makers sell in many.
    place = np.floor(np.exp(rng.random(n) * np.log(60.0))).astype(np.int64)
    maker = 70 + (commodity * 37 + place * place) % 6400
    return Catalogue(
        commodities=known,
        ids=every_id[unlisted:],
        unlisted_ids=every_id[:unlisted],
        commodity=commodity,
        first_of=first_of,
        popularity=zipf / np.add.reduceat(zipf, first_of)[commodity] * demand[commodity],
        cents=np.maximum(19, np.round(dollars * 10).astype(np.int64) * 10 - 1),
        private=private,
        weighed=weighed,
        fuel=fuel,
        manufacturer=np.where(private, PRIVATE_MANUFACTURER, maker),
        kind=kind,
        pack_size=pack_size,
    )


def _allow_for_fuel(known: tuple[Commodity, ...], counts: Ints) -> None:
    """Fuel stands beside other articles of its commodities, so each needs at least three; the largest shelf gives."""
    for index, commodity in enumerate(known):
        if commodity.name in FUEL_COMMODITIES and counts[index] < 3:
            counts[np.argmax(counts)] -= 3 - counts[index]
            counts[index] = 3


def _drawn(texts: list[tuple[str, ...]], commodity: Ints, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """For each product one of the texts of its commodity."""
    flat = np.array([text for group in texts for text in group] + [FUEL_KIND])
    return flat[one_of([len(group) for group in texts], commodity, rng)]
