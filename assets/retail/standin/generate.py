"""The plan of the generator: the parts in their order, each with random numbers of its own.

Only the order of work belongs here. Each part draws from its own stream, so a change to one part leaves the others'
numbers as they are. Imported lazily: it brings numpy.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tributary.assets.retail.standin.baskets import Shop, make_lines
from tributary.assets.retail.standin.campaigns import make_campaigns
from tributary.assets.retail.standin.catalogue import make_catalogue
from tributary.assets.retail.standin.draws import Ints
from tributary.assets.retail.standin.files import Progress, write_table
from tributary.assets.retail.standin.households import make_households
from tributary.assets.retail.standin.promotions import make_promotions, write_promotions
from tributary.assets.retail.standin.redemptions import make_redemptions
from tributary.assets.retail.standin.sales import make_amounts, sales_table
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.tastes import make_tastes
from tributary.assets.retail.standin.trips import make_trips

_STREAMS = (
    "catalogue", "households", "stores", "tastes", "trips", "campaigns", "promotions", "baskets", "redemptions",
    "pricing", "sales", "causal_data",
)  # fmt: skip


def write_files(folder: Path, sizes: Sizes, seed: int, progress: Progress) -> dict[str, int]:
    """Make all eight files in `folder` and return the rows of each."""
    streams = {name: np.random.default_rng([seed, number]) for number, name in enumerate(_STREAMS)}
    stores = _store_ids(sizes.stores, streams["stores"])
    catalogue = make_catalogue(sizes, streams["catalogue"])
    households = make_households(sizes, streams["households"])
    promotions = make_promotions(sizes, catalogue, streams["promotions"])
    shop = Shop(
        catalogue=catalogue,
        households=households,
        tastes=make_tastes(catalogue, households, streams["tastes"]),
        trips=make_trips(sizes, households, streams["trips"]),
        campaigns=make_campaigns(sizes, catalogue, households, streams["campaigns"]),
        promotions=promotions,
    )
    first = {
        "product.csv": catalogue.table(),
        "hh_demographic.csv": households.demographics,
        "campaign_desc.csv": shop.campaigns.descriptions(),
        "campaign_table.csv": shop.campaigns.targets(),
        "coupon.csv": shop.campaigns.coupons(catalogue),
    }
    rows = {name: write_table(folder / name, table, progress) for name, table in first.items()}
    rows |= _write_sales(folder, sizes, shop, stores, streams, progress)
    causal, some = folder / "causal_data.csv", stores[: sizes.promotion_stores]
    rows[causal.name] = write_promotions(causal, promotions, catalogue.ids, some, streams["causal_data"], progress)
    return rows


def _store_ids(count: int, rng: np.random.Generator) -> Ints:
    """STORE_ID by store code: four of five are numbers up to 469, the others have five digits."""
    older = np.concatenate([rng.permutation(np.arange(280, 470)), rng.permutation(np.arange(1, 280))])
    older = older[: count - count // 5]
    return np.concatenate([older, rng.permutation(np.arange(31_300, 34_300))[: count - len(older)]])


def _write_sales(
    folder: Path, sizes: Sizes, shop: Shop, stores: Ints, streams: dict[str, np.random.Generator], progress: Progress
) -> dict[str, int]:
    """The two files that come from sales lines; the lines' memory is free again when this returns."""
    progress("transaction_data.csv", 0.0)
    lines = make_lines(sizes, shop, streams["baskets"])
    redeeming, redemptions = make_redemptions(sizes, shop, lines, streams["redemptions"])
    redeemed = np.zeros(len(lines.basket), dtype=np.bool_)
    redeemed[redeeming] = True
    amounts = make_amounts(shop, lines, redeemed, streams["pricing"])
    sales = sales_table(shop, lines, amounts, redeemed, stores, streams["sales"])
    return {
        "transaction_data.csv": write_table(folder / "transaction_data.csv", sales, progress),
        "coupon_redempt.csv": write_table(folder / "coupon_redempt.csv", redemptions, progress),
    }
