"""The asset of the calendar: `core.dim_date`, computed and never read from anywhere."""

from __future__ import annotations

from tributary.assets.calendar.standing import code_version
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.assets.parts import Parts
from tributary.resources.warehouse.base import Batches, Origin
from tributary.resources.warehouse.warehouse import Warehouse


def _make(_warehouse: Warehouse, _origin: Origin) -> Made:
    from tributary.assets.calendar.dates import date_rows

    return Made(Batches(date_rows().to_batches()))


PARTS = Parts(
    assets=(
        table_asset(
            DIM_DATE,
            _make,
            source="calendar",
            deps=(),
            defined_in=__file__,
            code_version=code_version(),
            follows_from_deps=True,
        ),
    ),
)
