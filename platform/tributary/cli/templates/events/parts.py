"""The Dagster side of `example`: hours as they arrived, their table, and what notices new objects."""

from __future__ import annotations

from tributary.cli.templates.events.source import ARRIVING, RAW, RECORDS
from tributary.sdk import Parts, arriving_asset, due_sensor

ARRIVED = arriving_asset(
    RAW,
    ARRIVING,
    source="example",
    description="Events of all who send, as the stream delivered them.",
    defined_in=__file__,
)
DUE = ARRIVING.due(RECORDS)
PARTS = Parts(
    assets=(ARRIVED, RECORDS.asset()),
    sensors=(due_sensor("example_hours", RAW, DUE, source="example"),),
    due=DUE,
    ranges_of_sources=ARRIVING.ranges_of_sources(),
)
