"""The sensor that takes up new event objects. What to make of what it finds is decided in `assets.social.watch`."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from tributary.assets.automation.asking import assets_of, being_made, steady
from tributary.assets.automation.cursors import remembered
from tributary.assets.automation.partitions import Partitions
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.social.arrivals import SOCIAL_EVENTS, objects_from
from tributary.assets.social.due import settled_since
from tributary.assets.social.partitions import first_hour, key_of
from tributary.assets.social.watch import Memory, decide, look_from
from tributary.resources.lake.model import Lake
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.warehouse import Warehouse

GROUP = "social"


@dg.sensor(
    name="social_events",
    job_name=GROUP,
    minimum_interval_seconds=30 if get_settings().profile == "local" else 120,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Takes up new event objects: transforms and loads their hours, and makes what hangs on them.",
)
def social_events(
    context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], warehouse: dg.ResourceParam[Warehouse]
) -> dg.SensorResult | dg.SkipReason:
    """One look from where the last one ended, less an overlap: a run for each range of hours with new objects."""
    if asset_key(SOCIAL_EVENTS) in being_made(context.instance):
        return dg.SkipReason("Event objects are being taken up by a run already.")
    now = datetime.now(tz=UTC)
    memory, note = remembered(context, lambda cursor: Memory.loads(cursor, first_hour()))
    start = look_from(memory, first_hour(), now)
    arrived = list(objects_from(lake, start))
    settled = settled_since(lake, warehouse, start, now, arrived)
    decision = decide([found.key for found in arrived], settled, memory, now)
    if not decision.ranges:
        context.update_cursor(decision.memory.dumps())
        return dg.SkipReason(note + decision.reason)
    keys = assets_of(context, GROUP)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                asset_selection=keys,
                tags={
                    **Partitions(None, key_of(first), key_of(last)).tags(),
                    "tributary/objects": str(decision.objects),
                    **steady(GROUP),
                },
            )
            for first, last in decision.ranges
        ],
        cursor=decision.memory.dumps(),
    )
