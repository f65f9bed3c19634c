"""The plan of the generator: the parts in their order, each with random numbers of its own.

Only the order of work belongs here. Each part draws from its own stream, so a change to one part leaves the others'
numbers as they are. Imported lazily: it brings numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tributary.assets.retail.standin.arrays import Ints
from tributary.assets.retail.standin.baskets import Shop, make_lines
from tributary.assets.retail.standin.campaigns import make_campaigns
from tributary.assets.retail.standin.catalogue import make_catalogue
from tributary.assets.retail.standin.households import make_households
from tributary.assets.retail.standin.pricing import make_amounts
from tributary.assets.retail.standin.promotions import make_promotions, write_promotions
from tributary.assets.retail.standin.redemptions import make_redemptions
from tributary.assets.retail.standin.sales import sales_columns
from tributary.assets.retail.standin.sizes import Sizes
from tributary.assets.retail.standin.stores import make_stores
from tributary.assets.retail.standin.tastes import make_tastes
from tributary.assets.retail.standin.trips import make_trips
from tributary.assets.retail.standin.writer import write_table

Progress = Callable[[str, float], None]
_STREAMS = (
    "catalogue", "households", "stores", "tastes", "trips", "campaigns", "promotions", "baskets", "redemptions",
    "pricing", "sales", "causal_data",
)  # fmt: skip


def write_files(folder: Path, sizes: Sizes, seed: int, progress: Progress) -> dict[str, int]:
    """Make all eight files in `folder` and return the rows of each."""
    streams = {name: np.random.default_rng([seed, number]) for number, name in enumerate(_STREAMS)}
    stores = make_stores(sizes, streams["stores"])
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
    rows = {
        "product.csv": write_table(folder / "product.csv", catalogue.columns(), progress),
        "hh_demographic.csv": write_table(folder / "hh_demographic.csv", households.columns(), progress),
        "campaign_desc.csv": write_table(folder / "campaign_desc.csv", shop.campaigns.description_columns(), progress),
        "campaign_table.csv": write_table(folder / "campaign_table.csv", shop.campaigns.target_columns(), progress),
        "coupon.csv": write_table(folder / "coupon.csv", shop.campaigns.coupon_columns(catalogue), progress),
    }
    rows |= _write_sales(folder, sizes, shop, stores, streams, progress)
    rows["causal_data.csv"] = write_promotions(
        folder / "causal_data.csv",
        promotions,
        catalogue.ids,
        stores[: sizes.promotion_stores],
        streams["causal_data"],
        progress,
    )
    return rows


def _write_sales(
    folder: Path, sizes: Sizes, shop: Shop, stores: Ints, streams: dict[str, np.random.Generator], progress: Progress
) -> dict[str, int]:
    """The two files that come from sales lines; the lines' memory is free again when this returns."""
    progress("transaction_data.csv", 0.0)
    lines = make_lines(sizes, shop, streams["baskets"])
    redemptions = make_redemptions(sizes, shop, lines, streams["redemptions"])
    redeemed = np.zeros(len(lines.basket), dtype=np.bool_)
    redeemed[redemptions.line] = True
    amounts = make_amounts(shop, lines, redeemed, streams["pricing"])
    columns = sales_columns(shop, lines, amounts, redeemed, stores, streams["sales"])
    return {
        "transaction_data.csv": write_table(folder / "transaction_data.csv", columns, progress),
        "coupon_redempt.csv": write_table(folder / "coupon_redempt.csv", redemptions.columns(shop, lines), progress),
    }
