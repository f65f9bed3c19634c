"""Which coupons are redeemed on which sales lines.

`coupon_redempt.csv` belongs here. Every redemption stands for a line: the household was targeted, the campaign runs on
that day, and the coupon is good for the product bought.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.baskets import Lines, Shop, basket_mask
from tributary.assets.retail.standin.campaigns import TYPE_A
from tributary.assets.retail.standin.draws import Ints, shares
from tributary.assets.retail.standin.sizes import Sizes

_PULL_OF_TYPE_A = 1.8


def make_redemptions(sizes: Sizes, shop: Shop, lines: Lines, rng: np.random.Generator) -> tuple[Ints, pa.Table]:
    """The lines on which coupons are redeemed, drawn from those that qualify, and the rows of `coupon_redempt.csv`.

    No coupon is used twice by a household on a day. The rows are by day.
    """
    campaigns = shop.campaigns
    reach = campaigns.targeted.sum(axis=1) * np.where(np.array(campaigns.kinds) == TYPE_A, _PULL_OF_TYPE_A, 0.7)
    wanted = shares(sizes.redemptions, reach, least=1)
    found: list[tuple[Ints, Ints, Ints]] = []
    used = np.zeros(len(lines.basket), dtype=np.bool_)
    for campaign, count in enumerate(wanted):
        mine = campaigns.coupon_campaign == campaign
        by_product = np.argsort(campaigns.coupon_product[mine], kind="stable")
        products = campaigns.coupon_product[mine][by_product]
        upcs = campaigns.coupon_upc[mine][by_product]
        covered = np.zeros(len(shop.catalogue.ids), dtype=np.bool_)
        covered[products] = True
        covered[shop.catalogue.fuel] = False
        # Baskets lie in order of time, so a campaign's lines are one run of them.
        first, last = np.searchsorted(
            shop.trips.day[lines.basket], [campaigns.start[campaign], campaigns.end[campaign] + 1]
        )
        span = slice(int(first), int(last))
        fits = basket_mask(shop, campaign)[lines.basket[span]] & covered[lines.product[span]] & ~used[span]
        line = rng.permutation(np.flatnonzero(fits) + first)[:count]
        used[line] = True
        low = np.searchsorted(products, lines.product[line], side="left")
        high = np.searchsorted(products, lines.product[line], side="right")
        upc = upcs[low + (rng.random(len(line)) * (high - low)).astype(np.int64)]
        found.append((line, np.full(len(line), campaign), upc))
    line, campaign_of, upc = (np.concatenate(part) for part in zip(*found, strict=True))
    basket = lines.basket[line]
    household, day = shop.trips.household[basket] + 1, shop.trips.day[basket]
    keys = np.column_stack([household, day, upc, campaign_of])
    _, unique = np.unique(keys, axis=0, return_index=True)
    columns = {"household_key": household, "DAY": day, "COUPON_UPC": upc, "CAMPAIGN": campaign_of + 1}
    rows = unique[np.lexsort((campaign_of[unique], upc[unique], household[unique], day[unique]))]
    return line[unique], pa.table(columns).take(rows)
