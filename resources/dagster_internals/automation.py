"""The sensor that evaluates automation conditions, without what Dagster's own costs where nothing happens.

Dagster evaluates every asset's condition at each tick, which for a hundred assets is half a second of work.
"""

from __future__ import annotations

import gc
import time
from typing import Any

import dagster as dg
from dagster._core.definitions.sensor_definition import SensorExecutionData

from tributary.resources.kernel import give_memory_back

__all__ = ["QuietAutomationSensor"]

LONGEST_REST_SECONDS = 300
"""So often conditions are evaluated whatever happens, at round times: what a clock alone changes is seen then."""

RESTS = "Nothing has happened since the last evaluation."
"""What the UI says of such a tick."""

_SURE = 2
"""Evaluations that must agree, as an event may be stored later than one with a higher id."""


class QuietAutomationSensor(dg.AutomationConditionSensorDefinition):
    """Skips ticks between which no event was stored, and no round time has passed, since all there was is evaluated."""

    _stand: object = None
    _agreed = 0

    def evaluate_tick(self, context: dg.SensorEvaluationContext) -> SensorExecutionData:
        """Evaluate, unless that has been done."""
        newest = context.instance.event_log_storage.get_maximum_record_id()
        stand: Any = (newest, int(time.time() // LONGEST_REST_SECONDS))
        if self._agreed >= _SURE and self._stand == (stand, context.cursor):
            return SensorExecutionData(skip_message=RESTS, cursor=context.cursor)
        found = super().evaluate_tick(context)
        is_same = self._stand is not None and self._stand == (stand, context.cursor) and not found.run_requests
        self._agreed = self._agreed + 1 if is_same else 1
        self._stand = (stand, found.cursor)
        # An evaluation leaves ten thousand objects that hold each other, some of them large.
        gc.collect()
        give_memory_back()
        return found
