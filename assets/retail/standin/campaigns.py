"""The campaigns of the sample: when they run, whom they reach, and which coupons they hand out.

`campaign_desc.csv`, `campaign_table.csv` and `coupon.csv` belong here; redemptions follow from sales and are elsewhere.
TypeA campaigns are large (near half of the households, hundreds of coupons), TypeB and TypeC small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tributary.assets.retail.standin.catalogue import Catalogue
from tributary.assets.retail.standin.draws import Bools, GroupedChoice, Ints, shares
from tributary.assets.retail.standin.files import labelled
from tributary.assets.retail.standin.households import Households
from tributary.assets.retail.standin.sizes import LAST_DAY, Sizes

COUNT = 30
TYPE_A, TYPE_B, TYPE_C = "TypeA", "TypeB", "TypeC"
_PATTERN = "CBBBACBBBABBCBBBACBBBCABCBBACB"
_LENGTHS = {TYPE_A: (45, 56), TYPE_B: (31, 40), TYPE_C: (50, 76)}
_FIRST_START, _LAST_START = 224, 664
_REACH = {TYPE_A: 1080.0, TYPE_B: 95.0, TYPE_C: 145.0}
_UPCS = {TYPE_A: 208.0, TYPE_B: 16.0, TYPE_C: 30.0}
_COUPON_ROWS = {TYPE_A: 21_500.0, TYPE_B: 520.0, TYPE_C: 1_500.0}
_DUPLICATES = 0.04


@dataclass(frozen=True)
class Campaigns:
    """Campaigns by code 0..29 (CAMPAIGN is the code plus 1), and their coupon lines by campaign."""

    kinds: tuple[str, ...]
    start: Ints
    end: Ints
    targeted: Bools
    """Shape (campaigns, households)."""
    coupon_campaign: Ints
    coupon_upc: Ints
    coupon_product: Ints
    """Product codes."""
    coupon_choice: GroupedChoice
    """Groups are campaigns; an entry is a coupon line, popular products first."""

    def descriptions(self) -> pa.Table:
        """The rows of `campaign_desc.csv`."""
        columns = {
            "DESCRIPTION": self.kinds,
            "CAMPAIGN": np.arange(COUNT) + 1,
            "START_DAY": self.start,
            "END_DAY": self.end,
        }
        return pa.table(columns)

    def targets(self) -> pa.Table:
        """The rows of `campaign_table.csv`."""
        campaign, household = np.nonzero(self.targeted)
        kinds = labelled(self.kinds, campaign)
        return pa.table({"DESCRIPTION": kinds, "household_key": household + 1, "CAMPAIGN": campaign + 1})

    def coupons(self, catalogue: Catalogue) -> pa.Table:
        """The rows of `coupon.csv`; like the source's, it repeats some lines exactly."""
        every = np.arange(len(self.coupon_upc))
        rows = np.concatenate((every, every[:: round(1 / _DUPLICATES)]))
        ids = catalogue.ids[self.coupon_product[rows]]
        rows = rows[np.lexsort((self.coupon_campaign[rows], ids, self.coupon_upc[rows]))]
        columns = {
            "COUPON_UPC": self.coupon_upc[rows],
            "PRODUCT_ID": catalogue.ids[self.coupon_product[rows]],
            "CAMPAIGN": self.coupon_campaign[rows] + 1,
        }
        return pa.table(columns)


def make_campaigns(sizes: Sizes, catalogue: Catalogue, households: Households, rng: np.random.Generator) -> Campaigns:
    """Plan the campaigns."""
    kinds = tuple(f"Type{letter}" for letter in _PATTERN)
    start = np.linspace(_FIRST_START, _LAST_START, COUNT).astype(np.int64) + rng.integers(-6, 7, COUNT)
    start = np.sort(np.maximum(start, _FIRST_START))
    end = np.array(
        [min(LAST_DAY, int(day) + int(rng.integers(*_LENGTHS[kind]))) for kind, day in zip(kinds, start, strict=True)]
    )
    campaign, upc, product = _coupons(sizes, kinds, catalogue, rng)
    return Campaigns(
        kinds=kinds,
        start=start,
        end=end,
        targeted=_targets(sizes, kinds, start, households, rng),
        coupon_campaign=campaign,
        coupon_upc=upc,
        coupon_product=product,
        coupon_choice=GroupedChoice.of(campaign, catalogue.popularity[product] + 1e-9, COUNT),
    )


def _targets(
    sizes: Sizes, kinds: tuple[str, ...], start: Ints, households: Households, rng: np.random.Generator
) -> Bools:
    """Regular shoppers who still come are the ones that get mail."""
    reach = np.array([_REACH[kind] for kind in kinds])
    counts = np.minimum(shares(sizes.campaign_targets, reach, least=5), len(households.age) * 3 // 4)
    targeted = np.zeros((COUNT, len(households.age)), dtype=np.bool_)
    for campaign, count in enumerate(counts):
        score = np.log(households.trips) + rng.gumbel(0, 0.8, len(households.age))
        score[(households.end < start[campaign]) | (households.start > start[campaign])] -= 20
        targeted[campaign, np.argsort(-score, kind="stable")[:count]] = True
    return targeted


def _coupons(
    sizes: Sizes, kinds: tuple[str, ...], catalogue: Catalogue, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """A coupon is good for a run of neighbouring products: a part of a commodity, or several commodities."""
    products = len(catalogue.ids)
    shrink = (sizes.products / 92_353) ** 0.5
    upcs = np.array([max(4, round(_UPCS[kind] * shrink)) for kind in kinds])
    rows = shares(round(sizes.coupons / (1 + _DUPLICATES)), np.array([_COUPON_ROWS[kind] for kind in kinds]), least=40)
    lengths = np.concatenate(
        [
            shares(int(total), rng.lognormal(0, 1.6, int(count)), least=1)
            for total, count in zip(rows, upcs, strict=True)
        ]
    )
    campaign_of_upc = np.repeat(np.arange(COUNT), upcs)
    lengths = np.minimum(lengths, products)
    favoured = rng.choice(products, len(lengths), p=catalogue.popularity / catalogue.popularity.sum())
    upc_codes = np.unique(rng.integers(10_000_000_000, 60_000_000_000, 2 * len(lengths)))
    upc_of = rng.permutation(upc_codes)[: len(lengths)]
    which = np.repeat(np.arange(len(lengths)), lengths)
    step = np.arange(len(which)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return campaign_of_upc[which], upc_of[which], (favoured[which] + step) % products
