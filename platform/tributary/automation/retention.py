"""The schedules that keep records and replaced versions from filling the disk.

What is kept of Dagster's records is decided in `instance.retention`, what of the lake in `pruning`.
"""

from datetime import UTC, datetime

import dagster as dg

from tributary.assets.factory.dagster_events import TOLD_BY
from tributary.pruning import delete, due, lake_of
from tributary.resources.settings import get_settings

LOW_PRIORITY = {"dagster/priority": "-2"}
"""The tag of runs that everything else goes before."""


@dg.op(description="Deletes runs and what belongs to them, some at a time, beyond what the settings keep.")
def delete_old_records(context: dg.OpExecutionContext) -> None:
    """One pruning; it may be ended anywhere, and the next one goes on from there."""
    # The storage is half of what definitions take to load, and only this op needs it there.
    from tributary.instance.pooled_storage import database_url
    from tributary.instance.retention import Policy, prune

    settings = get_settings()
    policy = Policy(settings.retention_days, settings.retention_runs)
    logs = context.instance.compute_log_manager
    pruned = prune(
        database_url(context.instance),
        policy,
        told_by=TOLD_BY,
        forget_logs=lambda run_id: logs.delete_logs(prefix=[run_id]),
    )
    context.log.info("Retention: %s.", pruned)


@dg.job(description="Deletes old runs, events, check executions, evaluations and compute logs.", tags=LOW_PRIORITY)
def retention() -> None:
    """The job of the schedule, for whoever does not want to wait for it."""
    delete_old_records()


hourly_retention = dg.ScheduleDefinition(
    name="hourly_retention",
    job=retention,
    cron_schedule="7 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every hour deletes what is older or more than the settings keep, in small steps. The newest "
    "materialisation, observation and checks of each asset and partition stay.",
)


@dg.op(description="Deletes objects of the lake that nothing needs any more, and did not for longer than is kept.")
def delete_replaced_versions(context: dg.OpExecutionContext) -> None:
    """One pruning of the lake; it may be ended anywhere, and the next one goes on from there."""
    settings = get_settings()
    lake, tell = lake_of(settings), context.log.warning
    context.log.info("Retention: %s.", delete(lake, due(lake, settings.lake_days, datetime.now(UTC), tell)))


@dg.job(description="Deletes versions in the lake that others took the place of.", tags=LOW_PRIORITY)
def lake_retention() -> None:
    """The job of the schedule, for whoever does not want to wait for it."""
    delete_replaced_versions()


daily_lake_retention = dg.ScheduleDefinition(
    name="daily_lake_retention",
    job=lake_retention,
    cron_schedule="23 4 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night deletes objects of the lake whose place another version took longer ago than is kept.",
)
