"""The asset `gold.product_recommendations`: what each household may want to buy next, and how good that guess is.

The recommender itself, which knows no warehouse, is the package `recommend`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.retail.lineage import RECOMMENDATIONS_LINEAGE
from tributary.assets.retail.tables import COUNT, RECOMMENDATIONS
from tributary.resources.warehouse.base import Batches, Origin
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from tributary.assets.retail.recommend import Evaluation

BEATS_POPULARITY = "beats_most_popular"
_SALES = """
SELECT s.household_key, s.basket_id, s.product_id, s.sold_at, s.quantity
FROM core.fact_sale AS s JOIN core.dim_product AS p ON p.product_id = s.product_id
WHERE p.is_listed AND s.quantity > 0 AND s.sales_value > 0
  AND coalesce(p.sub_commodity, '') <> 'GASOLINE-REG UNLEADED' AND coalesce(p.commodity, '') <> 'GASOLINE-REG UNLEADED'
"""


def _make(warehouse: Warehouse, origin: Origin) -> Made:
    from tributary.assets.retail.recommend import recommend

    found = recommend(warehouse.arrow(_SALES, origin=origin), count=COUNT)
    evaluation = found.evaluation
    return Made(
        Batches(found.table.to_batches()),
        metadata={
            **{f"hit rate@10: {name}": str(rate) for name, rate in evaluation.rates.items()},
            **{f"hit rate of new products: {name}": str(rate) for name, rate in evaluation.new.items()},
            "over the strongest baseline": f"{evaluation.over_strongest} ({evaluation.strongest})",
            "new places over popular unseen": str(evaluation.over_popular_new),
            "households evaluated": evaluation.households_evaluated,
            "evaluation": dg.MetadataValue.md(
                "Each household's last basket is held out and the rest learnt from; a hit is a list of ten of which at "
                "least one product is in the held-out basket. In brackets: 95 % intervals."
            ),
        },
        checks=[_beats(evaluation)],
    )


def _beats(evaluation: Evaluation) -> dg.AssetCheckResult:
    over = evaluation.over_strongest
    return dg.AssetCheckResult(
        passed=over is not None and over.share > 0,
        asset_key=asset_key(RECOMMENDATIONS.key),
        check_name=BEATS_POPULARITY,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "hit rate@10": evaluation.hit_rate_at_10,
            "strongest baseline": evaluation.strongest,
            "over the strongest baseline": str(over),
            "households evaluated": evaluation.households_evaluated,
        },
    )


def recommendations_asset() -> dg.AssetsDefinition:
    """The asset, with its check against the strongest baseline."""
    return table_asset(
        RECOMMENDATIONS,
        _make,
        source="retail",
        deps=("core.fact_sale", "core.dim_product"),
        defined_in=__file__,
        code_version="2",
        refresh="daily",
        lineage=RECOMMENDATIONS_LINEAGE,
        extra_checks=(
            dg.AssetCheckSpec(
                BEATS_POPULARITY,
                asset=asset_key(RECOMMENDATIONS.key),
                description="On held-out last baskets the lists hit more often than the stronger of two baselines: the "
                "ten most popular products, and the household's favourites with popular unseen ones.",
            ),
        ),
    )
