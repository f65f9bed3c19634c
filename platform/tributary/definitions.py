"""The code location that Dagster loads: assets, checks, sensors and schedules, and the resources behind them."""

from __future__ import annotations

import dagster as dg

from tributary.automation.catching_up import catching_up
from tributary.automation.declarative import AUTOMATION
from tributary.automation.meetup_days import meetup_days
from tributary.automation.retail_files import retail_files
from tributary.automation.retention import hourly_retention, retention
from tributary.automation.sneaker_events import sneaker_events
from tributary.automation.social_events import social_events
from tributary.instance.executor import run_executor
from tributary.platform import load_platform, resources_of
from tributary.resources.settings import get_settings

platform = load_platform()

# Runs execute in one process: starting one process a step would cost seconds a step, for work that Postgres does.
defs = dg.Definitions(
    assets=platform.assets,
    sensors=[AUTOMATION, catching_up, retail_files, sneaker_events, social_events],
    schedules=[meetup_days, hourly_retention],
    jobs=[retention],
    resources=resources_of(get_settings()),
    executor=run_executor,
)
