"""The sensor that pulls new sneaker events. Whether there are any is decided in `assets.sneakers.watch`."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from tributary.assets.automation.asking import assets_of, being_made
from tributary.assets.automation.cursors import remembered
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.sneakers.arrivals import SNEAKER_EVENTS, held_event
from tributary.assets.sneakers.reading import newest_event
from tributary.assets.sneakers.watch import Memory, decide
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake.model import Lake

GROUP = "sneakers"


@dg.sensor(
    name="sneaker_events",
    job_name=GROUP,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Notices new entries in the sneaker forms, pulls them, and makes what hangs on them in the same run.",
)
def sneaker_events(
    context: dg.SensorEvaluationContext, lake: dg.ResourceParam[Lake], app_database: dg.ResourceParam[AppDatabase]
) -> dg.SensorResult | dg.SkipReason:
    """One look at the newest event: a run of the whole source where it is newer than what was pulled."""
    if asset_key(SNEAKER_EVENTS) in being_made(context.instance):
        return dg.SkipReason("Sneaker events are being pulled by a run already.")
    memory, note = remembered(context, Memory.loads)
    decision = decide(newest_event(app_database), held_event(lake), memory, datetime.now(tz=UTC))
    if not decision.new:
        context.update_cursor(decision.memory.dumps())
        return dg.SkipReason(note + decision.reason)
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                asset_selection=assets_of(context, GROUP), tags={"tributary/newest_event": str(decision.memory.asked)}
            )
        ],
        cursor=decision.memory.dumps(),
    )
