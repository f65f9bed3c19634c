"""The source `retail`, as the platform knows it."""

from __future__ import annotations

from pathlib import Path

from tributary.assets.retail.files import ALL_FILES
from tributary.assets.retail.lineage import RECOMMENDATIONS_LINEAGE
from tributary.assets.retail.settings import RetailSettings
from tributary.assets.retail.staged_assets import STAGED
from tributary.assets.retail.tables import RECOMMENDATIONS
from tributary.assets.source import Glance, Resource, Source

RETAIL = Source(
    name="retail",
    description="The eight Complete Journey files of a grocer: households, sales, campaigns and promotions.",
    tables=(*(one.table for one in STAGED), RECOMMENDATIONS),
    lineage={**{one.table.key: one.lineage for one in STAGED}, RECOMMENDATIONS.key: RECOMMENDATIONS_LINEAGE},
    settings=RetailSettings,
    glance=Glance(
        newest="core.fact_sale.sold_at",
        title="Sales by month",
        table="gold.section_monthly_sales",
        x="month_start",
        y="sum(sales_value)",
    ),
    pages=Path(__file__).with_name("pages"),
    resources=(
        Resource("/households", "gold.household_summary", "Households: who they are, RFM, spend by section", many=True),
        Resource("/households/{household_key}", "gold.household_summary", "A household"),
        Resource(
            "/households/{household_key}/daily",
            "gold.household_daily_spend",
            "What a household spent by day",
            many=True,
        ),
        Resource(
            "/households/{household_key}/recommendations",
            "gold.product_recommendations",
            "Products for a household",
            many=True,
        ),
        Resource("/campaigns", "gold.campaign_summary", "Campaigns: before, during and after", many=True),
        Resource("/campaigns/{campaign}", "gold.campaign_summary", "A campaign"),
        Resource("/campaigns/{campaign}/daily", "gold.campaign_daily_sales", "A campaign's sales by day", many=True),
    ),
    needs=("calendar",),
    formerly={f"raw.{one.name}": one.raw_key for one in ALL_FILES},
    stands="tributary.assets.retail.standing:standing",
    parts="tributary.assets.retail.parts:PARTS",
    services="tributary.assets.retail.services:SERVICES",
)
