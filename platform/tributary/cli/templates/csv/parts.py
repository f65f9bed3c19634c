"""The Dagster side of `example`: takes in files that are dropped, and makes the table of them."""

from __future__ import annotations

from tributary.cli.templates.csv.source import DROP, FILES, RAW, RECORDS
from tributary.sdk import Parts, dropped_asset, dropped_sensor, open_drop

PLACE = "example_drop"
"""The name of the resource that is the folder."""

PARTS = Parts(
    assets=(
        dropped_asset(
            RAW,
            FILES,
            PLACE,
            source="example",
            description="Files as they were dropped.",
            defined_in=__file__,
        ),
        RECORDS.asset(),
    ),
    sensors=(dropped_sensor("example_files", RAW, FILES, PLACE, source="example"),),
    resources=lambda settings: {PLACE: open_drop(settings, DROP)},
)
