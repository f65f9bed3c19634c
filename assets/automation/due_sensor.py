"""Makes the sensor that asks for the partitions that are due, whatever a source says makes one due."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence

import dagster as dg

from tributary.assets.automation.asking import assets_of, being_made
from tributary.assets.automation.cursors import remembered
from tributary.assets.automation.memory import check_past, read_memory
from tributary.assets.automation.partitions import Partitions
from tributary.assets.automation.patience import patience
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.loading import LAKE, WAREHOUSE
from tributary.assets.parts import Due, KeyRange
from tributary.resources.errors import TributaryError

Memory = Mapping[str, tuple[int, float]]
"""By range, as `first..last`, how often it was asked for in a row, and when last (in epoch seconds)."""


def due_sensor(name: str, key: str, due: Due, *, source: str, seconds: int = 60) -> dg.SensorDefinition:
    """The sensor that asks for the partitions of a source that are due, a run each range.

    What was asked for in vain is asked for again with growing patience; `key` is the asset that such runs begin with.
    """

    @dg.sensor(
        name=name,
        job_name=source,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        required_resource_keys={LAKE, WAREHOUSE},
        description="Asks for the partitions that hold what was not made yet, and for what hangs on them.",
    )
    def look(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if asset_key(key) in being_made(context.instance):
            return dg.SkipReason("What is due is being made by a run already.")
        try:
            ranges = due({one: getattr(context.resources, one) for one in (LAKE, WAREHOUSE)}, False)
        except TributaryError as error:
            return dg.SkipReason(str(error))
        memory, note = remembered(context, read_asked)
        asked, kept = decide(ranges, memory, time.time())
        cursor = json.dumps(kept)
        if not asked:
            context.update_cursor(cursor)
            waiting = "is due" if not ranges else "else is due; what failed is asked for again later"
            return dg.SkipReason(f"{note}Nothing {waiting}.")
        selection = assets_of(context, source)
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(asset_selection=selection, tags=Partitions(None, one.first, one.last).tags())
                for one in asked
            ],
            cursor=cursor,
        )

    return look


def decide(ranges: Sequence[KeyRange], memory: Memory, now: float) -> tuple[list[KeyRange], Memory]:
    """The ranges to ask for now, and what to remember of all that are due."""
    asked: list[KeyRange] = []
    kept: dict[str, tuple[int, float]] = {}
    for one in ranges:
        name = f"{one.first}..{one.last}"
        attempts, at = memory.get(name, (0, 0.0))
        if attempts and now - at < patience(attempts).total_seconds():
            kept[name] = attempts, at
            continue
        asked.append(one)
        kept[name] = attempts + 1, now
    return asked, kept


def read_asked(cursor: str | None) -> Memory:
    """What was asked for, from a sensor's cursor.

    Raises:
        ValueError: it is no such memory.
    """
    found = read_memory(dict[str, tuple[int, float]], cursor) if cursor else {}
    check_past(*(at for _, at in found.values()))
    return found
