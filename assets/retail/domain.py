"""The retail domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.retail.files import ALL_FILES
from tributary.assets.retail.raw_assets import raw_asset
from tributary.assets.retail.recommendations import RECOMMENDATIONS, recommendations_asset
from tributary.assets.retail.staged_assets import STAGED

RETAIL = Domain(
    name="retail",
    assets=(
        *(raw_asset(file) for file in ALL_FILES),
        *(one.asset() for one in STAGED),
        recommendations_asset(),
    ),
    tables=(*(one.table for one in STAGED), RECOMMENDATIONS),
    lineage={one.table.key: one.lineage for one in STAGED},
)
