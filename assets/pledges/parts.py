"""What of the source `pledges` needs Dagster."""

from __future__ import annotations

import dagster as dg

from tributary.assets.automation.dropped_sensor import dropped_sensor
from tributary.assets.factory.dropped_assets import dropped_asset
from tributary.assets.factory.dropped_files import open_drop
from tributary.assets.parts import Parts
from tributary.assets.pledges import files
from tributary.assets.pledges.settings import drop_location
from tributary.assets.pledges.staged_assets import ORNAMENTS, RAW

DROP = "pledges_drop"

_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn(column.source, column.type, description=column.description) for column in files.CONTRACT.columns
    ]
)

PARTS = Parts(
    assets=(
        dropped_asset(
            RAW,
            files.FILES,
            DROP,
            source="pledges",
            description="The branches' statements as they arrived: a CSV file a branch and month.",
            defined_in=files.__file__,
            metadata={"dagster/column_schema": _SCHEMA},
        ),
        ORNAMENTS.asset(),
    ),
    sensors=(dropped_sensor("pledge_files", RAW, files.FILES, DROP, source="pledges"),),
    resources=lambda settings: {DROP: open_drop(settings, drop_location(settings))},
)
