"""What of the source `platform` needs Dagster."""

from __future__ import annotations

from tributary.assets.factory.serving_asset import serving_view
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.parts import Parts
from tributary.assets.platform.compaction import nightly_compaction, raw_compaction
from tributary.assets.platform.maintenance import daily_maintenance, table_maintenance
from tributary.assets.platform.tables import TABLE_FRESHNESS
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.warehouse import Warehouse


def _freshness(warehouse: Warehouse, _origin: Origin) -> Made:
    return Made(Select(warehouse.publications))


_HAS_FILES = get_settings().warehouse != "postgres"
"""Whether the warehouse's tables are files that somebody must look after; Postgres does so by itself."""

PARTS = Parts(
    assets=(
        table_asset(TABLE_FRESHNESS, _freshness, source="platform", deps=(), defined_in=__file__, code_version="1"),
        raw_compaction,
        *((table_maintenance, serving_view(TABLE_FRESHNESS, source="platform")) if _HAS_FILES else ()),
    ),
    schedules=(nightly_compaction, *((daily_maintenance,) if _HAS_FILES else ())),
)
