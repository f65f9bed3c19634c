"""The jobs of the reports' runs, and the schedule that deletes extracts which are not kept any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.reporting.declaration import Report
from tributary.assets.reporting.tags import PRUNE_TAG, asset_of, job_of
from tributary.automation.retention import LOW_PRIORITY


def report_jobs(reports: Mapping[str, Report]) -> list[Any]:
    """The job of each report: its extract, and its table after that."""
    return [
        dg.define_asset_job(
            job_of(name),
            dg.AssetSelection.assets(asset_key(asset_of(name)), asset_key(report.table.key)),
            description=f"Makes the extract of one request of the report {report.title}, and loads it.",
        )
        for name, report in reports.items()
    ]


def daily_pruning(reports: Mapping[str, Report]) -> list[dg.ScheduleDefinition]:
    """The schedule that prunes, where there are reports."""
    if not reports:
        return []
    job = dg.define_asset_job(
        "report_pruning",
        dg.AssetSelection.assets(*(asset_key(report.table.key) for report in reports.values())),
        tags={**LOW_PRIORITY, PRUNE_TAG: "true"},
        description="Deletes the extracts that the settings do not keep, with their rows and partitions.",
    )
    return [
        dg.ScheduleDefinition(
            name="daily_report_pruning",
            job=job,
            cron_schedule="41 3 * * *",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Every night deletes extracts older or more than the settings keep.",
        )
    ]
