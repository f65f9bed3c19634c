"""Runs that a crash left behind: recorded as under way, while no process works on them any more.

Only the processes of this machine can be looked at, so this is for a launcher that is alone on its instance; where
runs execute on other machines, Dagster's run monitoring is what finds them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, DagsterRun

_SENTENCE = "The process of this run ended without a word, as in a crash: what it published is whole, run it again."
# A process's start and an event's time come from clocks of different resolution.
_CLOCK_SLACK_SECONDS = 2.0


def fail_orphaned_runs(
    instance: DagsterInstance, *, tags: Mapping[str, str] | None = None, older_than: float = 0.0
) -> list[str]:
    """Mark as failed every run under way whose process is gone; queued runs stay queued.

    Without arguments, call it while nothing else launches runs on the instance. Runs of a command that still works are
    left alone: they are known by the process ids in their events.

    Args:
        instance: whose runs are looked at.
        tags: only runs that have all of these are looked at.
        older_than: seconds for which a run must have existed: a younger one may not have told of its process yet.

    Returns:
        The ids of the runs that were marked.
    """
    from dagster import DagsterRunStatus, RunsFilter

    under_way = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    failed = []
    for record in instance.get_run_records(filters=RunsFilter(statuses=under_way, tags=dict(tags or {}))):
        run = record.dagster_run
        young = time.time() - record.create_timestamp.timestamp() < older_than
        if young or _has_process(instance, run):
            continue
        instance.report_run_failed(run, _SENTENCE)
        if instance.event_log_storage.supports_global_concurrency_limits:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        failed.append(run.run_id)
    return failed


def _has_process(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether a process that the run's events name still lives and is older than the event that names it."""
    import psutil
    from dagster import DagsterEventType

    for entry in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT):
        pid = _process_id(entry.dagster_event)
        if pid is None:
            continue
        try:
            process = psutil.Process(pid)
            older = process.create_time() <= entry.timestamp + _CLOCK_SLACK_SECONDS
            if older and process.status() != psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def _process_id(event: DagsterEvent | None) -> int | None:
    """The process id in the metadata of an engine event, which says `Started process for run (pid: …)` or the like."""
    metadata = event.engine_event_data.metadata if event is not None else {}
    value = metadata.get("pid")
    text = str(value.value) if value is not None else ""
    return int(text) if text.isdigit() else None
