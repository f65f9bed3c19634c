"""The source `retail`, as the platform knows it."""

from __future__ import annotations

from tributary.assets.retail.lineage import RECOMMENDATIONS_LINEAGE
from tributary.assets.retail.settings import RetailSettings
from tributary.assets.retail.staged_assets import STAGED
from tributary.assets.retail.tables import RECOMMENDATIONS
from tributary.assets.source import Source

RETAIL = Source(
    name="retail",
    description="The eight Complete Journey files of a grocer: households, sales, campaigns and promotions.",
    tables=(*(one.table for one in STAGED), RECOMMENDATIONS),
    lineage={**{one.table.key: one.lineage for one in STAGED}, RECOMMENDATIONS.key: RECOMMENDATIONS_LINEAGE},
    settings=RetailSettings,
    needs=("calendar",),
    parts="tributary.assets.retail.parts:PARTS",
    services="tributary.assets.retail.services:SERVICES",
)
