"""How many of everything a sample of a given scale has.

Only counts belong here. Sales and promotions follow the scale; households, products and stores shrink more slowly,
so that a small sample keeps full quintiles, every section and enough history per household.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_WEEK_PROMOTED = 9
LAST_DAY = 711
LAST_WEEK = (LAST_DAY + 8) // 7
MEAN_COVERAGE = 0.75
"""Share of the promotion stores that carry a promotion, on average."""


@dataclass(frozen=True)
class Sizes:
    """Counts of a sample; rows of the files come out within a few percent of them."""

    households: int
    demographics: int
    products: int
    stores: int
    promotion_stores: int
    baskets: int
    sales: int
    promotions: int
    coupons: int
    redemptions: int
    campaign_targets: int

    @classmethod
    def of_scale(cls, scale: float) -> Sizes:
        """The counts at `scale` (0 < scale <= 1). Below about 0.006 the smallest sensible sample is made."""
        households = max(250, round(2500 * scale**0.55))
        products = max(2000, round(92_353 * scale**0.85))
        promotion_stores = max(12, round(115 * scale**0.15))
        return cls(
            households=households,
            demographics=round(households * (0.3204 + 0.08 * (1 - scale))),
            products=products,
            stores=max(promotion_stores + 8, round(580 * scale**0.5)),
            promotion_stores=promotion_stores,
            baskets=max(1_700, round(276_484 * scale)),
            sales=max(16_000, round(2_595_732 * scale)),
            promotions=max(40_000, round(36_786_524 * scale)),
            coupons=round(124_548 * products / 92_353),
            redemptions=round(2_318 * households / 2500),
            campaign_targets=round(7_208 * households / 2500),
        )
