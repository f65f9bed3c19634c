"""The sneakers domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.sneakers.raw_assets import raw_events_asset, raw_state_asset
from tributary.assets.sneakers.staged_assets import STAGED

SNEAKERS = Domain(
    name="sneakers",
    assets=(
        raw_events_asset(),
        raw_state_asset(),
        *(one.asset() for one in STAGED),
    ),
    tables=tuple(one.table for one in STAGED),
    lineage={one.table.key: one.lineage for one in STAGED},
)
