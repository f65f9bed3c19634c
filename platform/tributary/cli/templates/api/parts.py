"""The Dagster side of `example`: pulls each day, makes their table, and notices days that lack."""

from __future__ import annotations

from tributary.cli.templates.api.pull import fetch
from tributary.cli.templates.api.source import DAYS, RAW, RECORDS
from tributary.sdk import Parts, daily_asset, days_of_objects, due_days, due_sensor

PULL = daily_asset(
    RAW,
    DAYS,
    fetch,
    source="example",
    description="Records as the API gave them, an object a day.",
    defined_in=__file__,
)
DUE = due_days(DAYS)
PARTS = Parts(
    assets=(PULL, RECORDS.asset()),
    sensors=(due_sensor("example_days", RAW, DUE, source="example"),),
    due=DUE,
    ranges_of_sources=days_of_objects(DAYS),
)
