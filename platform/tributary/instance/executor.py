"""The executor of every run: its steps in the run's own process, as many at the same time as the settings say.

Dagster's own does the same, but while a step waits for a pool it neither sleeps nor looks whether it was asked to end,
and it waits for ever for a slot that a killed process holds. This one does all three.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import dagster as dg

from tributary.instance.orphans import free_dead_holders
from tributary.instance.processes import PROCESS_TAG, own_mark
from tributary.instance.threads import work_off
from tributary.resources.dagster_internals.running import (
    EngineEventData,
    ExecuteRunWithPlanIterable,
    ExecutionPlan,
    InProcessExecutor,
    InstanceConcurrencyContext,
    PlanExecutionContext,
    PlanExecutionContextManager,
    PlanOrchestrationContext,
    RetryMode,
    inner_plan_execution_iterator,
    pop_captured_interrupt,
)
from tributary.resources.settings import get_settings
from tributary.resources.warehouse.postgres.kept import keeping

_LOOK_SECONDS = 0.2
_CLAIM_SECONDS = 2.0


class PoolSlots(InstanceConcurrencyContext):
    """One run's claims on the slots of pools."""

    def claim(self, concurrency_key: str, step_key: str, step_priority: int = 0) -> bool:
        """Try to get a slot for a step; slots that dead runs hold are freed where there is none.

        Raises:
            DagsterExecutionInterruptedError: the process was asked to end meanwhile.
        """
        if pop_captured_interrupt():
            raise dg.DagsterExecutionInterruptedError("Interrupted while waiting for a pool.")
        tried = self._pending_claim_counts[step_key]
        if super().claim(concurrency_key, step_key, step_priority):
            return True
        if self._pending_claim_counts[step_key] == tried:
            return False
        again = 0.0 if free_dead_holders(self._instance, concurrency_key, but=self._run_id) else _CLAIM_SECONDS
        self._pending_timeouts[step_key] = min(self._pending_timeouts[step_key], time.time() + again)
        return False

    def interval_to_next_pending_claim_check(self) -> float:
        """Seconds to sleep; short, so that a request to end is noticed."""
        return _LOOK_SECONDS if self._pending_claims else 0.0


class RunExecutor(InProcessExecutor):
    """Executes a run's steps in this process; a run whose process is asked to end is canceled, not failed."""

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        """Execute the plan and yield its events."""
        run, instance = plan_context.dagster_run, plan_context.instance
        if run.tags.get(PROCESS_TAG) != own_mark():
            instance.add_run_tags(run.run_id, {PROCESS_TAG: own_mark()})
        process = EngineEventData.in_process(os.getpid(), execution_plan.step_keys_to_execute)
        yield dg.DagsterEvent.engine_event(plan_context, f"Executing steps in process (pid: {os.getpid()})", process)
        try:
            with keeping():
                yield from self._steps(plan_context)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            # Without a request to cancel, Dagster takes an interruption for a failure.
            instance.report_run_canceling(run, "The process of this run was asked to end.")
            raise
        yield dg.DagsterEvent.engine_event(plan_context, f"Finished steps in process (pid: {os.getpid()})", process)

    def _steps(self, plan_context: PlanOrchestrationContext) -> Iterator[dg.DagsterEvent]:
        yield from ExecuteRunWithPlanIterable(
            execution_plan=plan_context.execution_plan,
            iterator=_execute,
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=plan_context.retry_mode,
                execution_plan=plan_context.execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
                step_dependency_config=self.step_dependency_config,
            ),
        )


def _execute(job_context: PlanExecutionContext, execution_plan: ExecutionPlan) -> Iterator[dg.DagsterEvent]:
    with PoolSlots(job_context.instance, job_context.dagster_run) as slots:
        widest = max(map(len, execution_plan.get_steps_to_execute_by_level()), default=0)
        at_once = min(steps_at_once(), widest)
        if at_once > 1:
            yield from work_off(job_context, execution_plan, slots, at_once)
        else:
            yield from inner_plan_execution_iterator(job_context, execution_plan, slots)


def steps_at_once() -> int:
    """How many steps of a run go on at the same time at most."""
    return get_settings().steps_at_once or min(os.cpu_count() or 1, 8)


@dg.executor(name="in_process")
def run_executor(_context: dg.InitExecutorContext) -> RunExecutor:
    """Executes the steps of a run in its process, independent ones at the same time."""
    return RunExecutor(retries=RetryMode.ENABLED)
