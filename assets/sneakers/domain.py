"""The sneakers domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.sneakers.lineage import LINEAGE
from tributary.assets.sneakers.raw_assets import raw_events_asset, raw_state_asset
from tributary.assets.sneakers.staged_assets import staged_events_asset, staged_state_asset
from tributary.assets.sneakers.tables import STATE_TABLES, TABLES

SNEAKERS = Domain(
    name="sneakers",
    assets=(
        raw_events_asset(),
        raw_state_asset(),
        staged_events_asset(),
        *(staged_state_asset(name, table) for name, table in STATE_TABLES.items()),
    ),
    tables=TABLES,
    lineage=LINEAGE,
)
