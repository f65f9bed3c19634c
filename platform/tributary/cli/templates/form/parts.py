"""The Dagster side of `example`: pulls what was entered, makes its table, notices new entries."""

from __future__ import annotations

from tributary.cli.templates.form.source import LOG, RAW, RECORDS
from tributary.sdk import Parts, entries_asset, entries_sensor

PARTS = Parts(
    assets=(
        entries_asset(
            RAW,
            LOG,
            source="example",
            description="What was entered into the form, as JSON lines.",
            defined_in=__file__,
        ),
        RECORDS.asset(),
    ),
    sensors=(entries_sensor("example_entries", RAW, LOG, source="example"),),
    resources=LOG.resources,
)
