"""The code location that Dagster loads: assets, checks, sensors and schedules, and the resources behind them."""

from __future__ import annotations

import dagster as dg

from tributary.assets.sources import check_settings
from tributary.automation.declarative import AUTOMATION
from tributary.automation.jobs import source_jobs
from tributary.automation.replay import replay_job
from tributary.automation.retention import daily_lake_retention, hourly_retention, lake_retention, retention
from tributary.instance.executor import run_executor
from tributary.openlineage.sensor import lineage_sensors
from tributary.platform import load_platform
from tributary.reports.schedules import daily_pruning, report_jobs
from tributary.reports.sensor import sensors_of
from tributary.resources.dagster_internals.partitions import keep_keys
from tributary.resources.settings import get_settings

keep_keys()
check_settings()
platform = load_platform()
report_runs = report_jobs(platform.reports)

# Runs execute in one process, on threads: one process a step would cost seconds a step, for work that Postgres does.
defs = dg.Definitions(
    assets=platform.assets,
    sensors=[
        AUTOMATION,
        *sensors_of(platform.reports, report_runs),
        *lineage_sensors(platform.models),
        *(one for parts in platform.parts.values() for one in parts.sensors),
    ],
    schedules=[
        hourly_retention,
        daily_lake_retention,
        *daily_pruning(platform.reports),
        *(one for parts in platform.parts.values() for one in parts.schedules),
    ],
    jobs=[
        retention,
        lake_retention,
        replay_job(platform.parts),
        *report_runs,
        *source_jobs(platform.assets, {source.name: source.description for source in platform.sources}),
        *(one for parts in platform.parts.values() for one in parts.jobs),
    ],
    resources=platform.resources(get_settings()),
    executor=run_executor,
)
