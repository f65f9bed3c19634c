"""Makes the sensor that notices new entries of a form's log."""

from __future__ import annotations

import json
import time

import dagster as dg

from tributary.assets.automation.asking import assets_of, being_made
from tributary.assets.automation.cursors import remembered
from tributary.assets.automation.due_sensor import decide, read_asked
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.entry_log import EntryLog
from tributary.assets.factory.loading import LAKE
from tributary.assets.parts import KeyRange
from tributary.resources.errors import TributaryError


def entries_sensor(name: str, key: str, log: EntryLog, *, source: str) -> dg.SensorDefinition:
    """The sensor that asks for a source where its log has entries which the lake has not; `key` is their asset."""

    @dg.sensor(
        name=name,
        job_name=source,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={LAKE, log.resource},
        description="Notices new entries in the form, pulls them, and makes what hangs on them in the same run.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if asset_key(key) in being_made(context.instance):
            return dg.SkipReason("Entries are being pulled by a run already.")
        try:
            newest = log.newest(getattr(context.resources, log.resource))
            held = log.held(getattr(context.resources, LAKE))
        except TributaryError as error:
            return dg.SkipReason(str(error))
        memory, note = remembered(context, read_asked)
        asked, kept = decide([KeyRange(str(held), str(newest))] if newest != held else [], memory, time.time())
        cursor = json.dumps(kept)
        if not asked:
            context.update_cursor(cursor)
            return dg.SkipReason(f"{note}Every entry was pulled, or asked for, up to entry {newest:,}.")
        return dg.SensorResult([dg.RunRequest(asset_selection=assets_of(context, source))], cursor=cursor)

    return look
