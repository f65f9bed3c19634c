"""The asset `gold.product_recommendations`: what each household may want to buy next, and how good that guess is.

The recommender itself, which knows no warehouse, is the package `recommend`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.lineage import Source
from tributary.assets.factory.outcome import asset_key
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.resources.warehouse.base import Batches, Origin, Warehouse
from tributary.resources.warehouse.checks import Expression, NotNull, References, Unique
from tributary.resources.warehouse.table import Column, Table

if TYPE_CHECKING:
    from tributary.assets.retail.recommend import Evaluation

BEATS_POPULARITY = "beats_most_popular"
COUNT = 10

RECOMMENDATIONS = Table(
    schema="gold",
    name="product_recommendations",
    description=(
        "Ten products that each household is likely to want in its next basket, learnt from all baskets: some that it "
        "buys again and again, some that others buy together with what it buys."
    ),
    grain="one row a household and rank",
    columns=(
        Column("household_key", "integer", "Household (loyalty card) number."),
        Column("rank", "integer", "Place in the household's list; 1 is the likeliest."),
        Column("product_id", "integer", "The product."),
        Column("score", "double", "Score by which the list is ordered; comparable within one household only."),
        Column("reason", "text", "Why it stands in the list, for people."),
    ),
    checks=(
        Unique(("household_key", "rank")),
        Unique(("household_key", "product_id")),
        NotNull(("household_key", "rank", "product_id", "score", "reason")),
        Expression(f"rank between 1 and {COUNT}", title="ranks_are_in_range"),
        References("product_id", "core", "dim_product", "product_id"),
    ),
)

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
            "hit rate@10": evaluation.hit_rate_at_10,
            "hit rate@10 of the most popular": evaluation.baseline_hit_rate_at_10,
            "lift over the most popular": evaluation.lift,
            "households evaluated": evaluation.households_evaluated,
            "evaluation": dg.MetadataValue.md(
                "Each household's last basket is held out and the rest learnt from; a hit is a list of ten of which at "
                "least one product is in the held-out basket."
            ),
        },
        checks=[_beats(evaluation)],
    )


def _beats(evaluation: Evaluation) -> dg.AssetCheckResult:
    ours, popular = evaluation.hit_rate_at_10, evaluation.baseline_hit_rate_at_10
    return dg.AssetCheckResult(
        passed=ours is not None and popular is not None and ours > popular,
        asset_key=asset_key(RECOMMENDATIONS.key),
        check_name=BEATS_POPULARITY,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "hit rate@10": ours,
            "most popular": popular,
            "households evaluated": evaluation.households_evaluated,
        },
    )


def recommendations_asset() -> dg.AssetsDefinition:
    """The asset, with its check against the most-popular baseline."""
    sales = Source("core.fact_sale", "product_id")
    return table_asset(
        RECOMMENDATIONS,
        _make,
        domain="retail",
        deps=("core.fact_sale", "core.dim_product"),
        defined_in=__file__,
        code_version="1",
        lineage={
            "household_key": (Source("core.fact_sale", "household_key"),),
            "rank": (sales,),
            "product_id": (sales,),
            "score": (Source("core.fact_sale", "basket_id"), sales, Source("core.fact_sale", "sold_at")),
            "reason": (sales,),
        },
        extra_checks=(
            dg.AssetCheckSpec(
                BEATS_POPULARITY,
                asset=asset_key(RECOMMENDATIONS.key),
                description="On held-out last baskets the lists hit more often than the ten most popular products.",
            ),
        ),
    )
