"""What of the source `platform` needs Dagster."""

from __future__ import annotations

from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.parts import Parts
from tributary.assets.platform.tables import TABLE_FRESHNESS
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.warehouse import Warehouse


def _freshness(warehouse: Warehouse, _origin: Origin) -> Made:
    return Made(Select(warehouse.publications))


PARTS = Parts(
    assets=(
        table_asset(TABLE_FRESHNESS, _freshness, source="platform", deps=(), defined_in=__file__, code_version="1"),
    ),
)
