"""Dagster's definitions of a platform: all that it has, or what runs in this process need of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dagster as dg

from tributary.automation.jobs import source_jobs
from tributary.instance.executor import run_executor
from tributary.platform import Platform
from tributary.resources.settings import get_settings


def whole(platform: Platform) -> dg.Definitions:
    """The definitions with all that acts by itself: sensors, schedules, and their jobs."""
    # Imported here, as runs of this process do without.
    from tributary.automation.declarative import AUTOMATION
    from tributary.automation.replay import replay_job
    from tributary.automation.retention import daily_lake_retention, hourly_retention, lake_retention, retention
    from tributary.openlineage.sensor import lineage_sensors
    from tributary.reports.schedules import daily_pruning, report_jobs
    from tributary.reports.sensor import sensors_of

    report_runs = report_jobs(platform.reports)
    return dg.Definitions(
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
            *_source_jobs(platform),
            *(one for parts in platform.parts.values() for one in parts.jobs),
        ],
        resources=platform.resources(get_settings()),
        # Runs execute in one process, on threads: one process a step would cost seconds a step, for work that Postgres
        # does.
        executor=run_executor,
    )


def for_runs(platform: Platform, resources: Iterable[str]) -> dg.Definitions:
    """The assets and the sources' jobs, beside resources that nothing here asks for and that only have a name.

    With the names of all resources, a source's job is to Dagster the very one of the whole definitions.
    """
    return dg.Definitions(
        assets=platform.assets,
        jobs=_source_jobs(platform),
        resources={**dict.fromkeys(resources), **platform.resources(get_settings())},
        executor=run_executor,
    )


def _source_jobs(platform: Platform) -> list[Any]:
    return source_jobs(platform.assets, {source.name: source.description for source in platform.sources})
