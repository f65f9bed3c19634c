"""The social domain's registration: its Python assets, the tables they make, and the lineage of their columns."""

from __future__ import annotations

from tributary.assets.domain import Domain
from tributary.assets.social.due import due_hours, hours_of_sources
from tributary.assets.social.events.version import CODE_VERSION
from tributary.assets.social.lineage import LINEAGE
from tributary.assets.social.raw_assets import raw_events_asset
from tributary.assets.social.staged_assets import staged_events_asset
from tributary.assets.social.tables import TABLES
from tributary.assets.social.transformed_assets import transformed_events_asset

SOCIAL = Domain(
    name="social",
    assets=(
        raw_events_asset(),
        transformed_events_asset(CODE_VERSION),
        *(staged_events_asset(table) for table in TABLES),
    ),
    tables=TABLES,
    lineage=LINEAGE,
    due=due_hours,
    ranges_of_sources=hours_of_sources,
)
