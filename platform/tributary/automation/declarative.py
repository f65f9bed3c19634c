"""The sensor that evaluates every asset's automation condition, so that downstream follows upstream by itself."""

from __future__ import annotations

import warnings

import dagster as dg

from tributary.resources.dagster_internals.automation import QuietAutomationSensor

# A condition of our own is evaluated where our code is; that is marked as beta, and would be told at every start.
warnings.filterwarnings("ignore", message=".*use_user_code_server.*", category=dg.BetaWarning)

AUTOMATION = QuietAutomationSensor(
    "automation",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    use_user_code_server=True,
    description="Materialises what was made from other inputs than there are now.",
)
