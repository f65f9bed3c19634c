"""The Dagster side of `example`: days as they arrived, their table, and what notices new objects."""

from __future__ import annotations

from tributary.cli.templates.json_objects.source import ARRIVING, RAW, RECORDS
from tributary.sdk import Parts, arriving_asset, due_sensor

ARRIVED = arriving_asset(
    RAW,
    ARRIVING,
    source="example",
    description="JSON lines as they arrived, by day.",
    defined_in=__file__,
)
DUE = ARRIVING.due(RECORDS)
PARTS = Parts(
    assets=(ARRIVED, RECORDS.asset()),
    sensors=(due_sensor("example_days", RAW, DUE, source="example"),),
    due=DUE,
    ranges_of_sources=ARRIVING.ranges_of_sources(),
)
