"""Runs that a crash left behind: recorded as under way, while no process works on them any more.

A run carries the mark of its process (`processes`). A run that has none yet is known by the process ids in its events,
which only a launcher that is alone on its instance may go by: a young run may not have told of its process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tributary.instance.processes import PROCESS_TAG, is_dead

if TYPE_CHECKING:
    from dagster import DagsterEvent, DagsterInstance, DagsterRun

_TASK_TAG = "ecs/task_arn"
"""The tag by which dagster-aws names a run's task."""

_SENTENCE = "The process of this run ended without a word, as in a crash: what it published is whole, run it again."
# A process's start and an event's time come from clocks of different resolution.
_CLOCK_SLACK_SECONDS = 2.0


def fail_orphaned_runs(instance: DagsterInstance) -> list[str]:
    """Mark as failed every run under way whose process is gone; queued runs stay queued. Returns the ids of these runs.

    Call it while nothing else launches runs on the instance. Runs of a command that still works are left alone: they
    are known by their mark, or by the process ids in their events.
    """
    from dagster import DagsterRunStatus, RunsFilter

    under_way = RunsFilter(statuses=[DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING])
    orphaned = [run for run in instance.get_runs(under_way) if not _works_on(instance, run)]
    for run in orphaned:
        _fail(instance, run)
    return [run.run_id for run in orphaned]


def fail_dead_runs(instance: DagsterInstance) -> list[str]:
    """Mark as failed the unfinished runs whose marked process is gone for certain; may be called at any time.

    Returns the ids of the runs that were marked.
    """
    from dagster import DagsterRunStatus, RunsFilter

    finished = (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)
    unfinished = RunsFilter(statuses=[status for status in DagsterRunStatus if status not in finished])
    dead = [run for run in instance.get_runs(unfinished) if is_dead(run.tags.get(PROCESS_TAG, ""))]
    for run in dead:
        _fail(instance, run)
    return [run.run_id for run in dead]


def free_dead_holders(instance: DagsterInstance, pool: str, *, but: str) -> bool:
    """Free the slots of a pool that runs hold which have ended, or whose process is gone; whether there were any.

    Args:
        instance: whose pool it is.
        pool: the pool's name.
        but: the run that asks, which is left alone.
    """
    found = instance.event_log_storage.get_concurrency_info(pool)
    holders = {slot.run_id for slot in found.claimed_slots} | found.assigned_run_ids | found.pending_run_ids
    freed = False
    for run_id in sorted(holders - {but}):
        run = instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        elif not _works_on(instance, run):
            _fail(instance, run)
        else:
            continue
        freed = True
    return freed


def _fail(instance: DagsterInstance, run: DagsterRun) -> None:
    instance.report_run_failed(run, _SENTENCE)
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _works_on(instance: DagsterInstance, run: DagsterRun) -> bool:
    """Whether a process works on the run, as far as can be told; of a task of ECS Dagster's monitoring tells."""
    if _TASK_TAG in run.tags:
        return True
    mark = run.tags.get(PROCESS_TAG)
    return not is_dead(mark) if mark is not None else _has_process(instance, run)


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
