"""What executing runs needs: one by one in a command's own process, and the executor of every run.

- `execute_run_iterator` and `InMemoryJob`: the events of a run of our own as they come; `materialize` and
  `execute_in_process` return at its end.
- The origins: by these the UI finds the definitions of a run that a command started. `create_execution_plan` and
  `snapshot_from_execution_plan`: to create it where not all of its job is loaded.
- All else is for the executor. Dagster's own neither sleeps nor looks whether it was asked to end while a step waits
  for a pool, and waits for ever for a slot that a killed process holds; none of it can be configured.
"""

from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.events import EngineEventData
from dagster._core.execution.api import ExecuteRunWithPlanIterable, create_execution_plan, execute_run_iterator
from dagster._core.execution.compute_logs import create_compute_log_file_key
from dagster._core.execution.context.system import PlanExecutionContext, PlanOrchestrationContext, StepExecutionContext
from dagster._core.execution.context_creation_job import PlanExecutionContextManager
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.execute_plan import _trigger_hook as run_hooks
from dagster._core.execution.plan.execute_plan import dagster_event_sequence_for_step as events_of_step
from dagster._core.execution.plan.execute_plan import inner_plan_execution_iterator
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.plan.step import ExecutionStep
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.in_process import InProcessExecutor
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.snap import snapshot_from_execution_plan
from dagster._utils.interrupts import pop_captured_interrupt

__all__ = [
    "ActiveExecution",
    "EngineEventData",
    "ExecuteRunWithPlanIterable",
    "ExecutionPlan",
    "ExecutionStep",
    "InMemoryJob",
    "InProcessExecutor",
    "InstanceConcurrencyContext",
    "PlanExecutionContext",
    "PlanExecutionContextManager",
    "PlanOrchestrationContext",
    "RegisteredCodeLocationOrigin",
    "RemoteJobOrigin",
    "RemoteRepositoryOrigin",
    "RetryMode",
    "StepExecutionContext",
    "create_compute_log_file_key",
    "create_execution_plan",
    "events_of_step",
    "execute_run_iterator",
    "inner_plan_execution_iterator",
    "pop_captured_interrupt",
    "run_hooks",
    "snapshot_from_execution_plan",
]
