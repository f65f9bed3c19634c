"""The sensor that evaluates every asset's automation condition, so that downstream follows upstream by itself."""

from __future__ import annotations

import dagster as dg

AUTOMATION = dg.AutomationConditionSensorDefinition(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description="Materialises what has become out of date because something upstream of it was updated.",
)
