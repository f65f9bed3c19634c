"""How runs are started, cancelled and looked after: by their own process, wherever it was started from.

Dagster asks the code server that started the run. That one may have been started again since, and of a run of
`tributary materialize` none ever knew.
"""

from __future__ import annotations

import re

from dagster import DagsterRun, DefaultRunLauncher
from sqlalchemy.exc import DBAPIError

from tributary.instance.orphans import fail_dead_runs
from tributary.instance.processes import PROCESS_TAG, interrupt, is_dead
from tributary.resources.dagster_internals.records import (
    CheckRunHealthResult,
    DagsterLaunchFailedError,
    DagsterUserCodeUnreachableError,
    LaunchRunContext,
    WorkerStatus,
)

_PASSING = re.compile(
    r"after telling it to shut down|terminated unexpectedly with exit code -\d+"
    r"|RPC setup for executing run: sqlalchemy\.exc\.(OperationalError|InterfaceError)"
)
"""In the answer of a code server that is being stopped, whose run was killed before it began, or without Postgres."""


class RunLauncher(DefaultRunLauncher):
    """Starts runs by the code server, and knows and cancels them by the process that they name."""

    supports_check_run_worker_health = True

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run.

        Raises:
            DagsterUserCodeUnreachableError: a connection to Postgres (the code server's own too), the code server, or
                the run's own process ended before the run began: it is queued again, where Dagster would drop it.
        """
        try:
            super().launch_run(context)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise DagsterUserCodeUnreachableError("A connection to Postgres ended.") from error
        except DagsterLaunchFailedError as error:
            if _PASSING.search(str(error)) is None:
                raise
            raise DagsterUserCodeUnreachableError(
                "The code server, the run's process, or Postgres was ended."
            ) from error

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Asked by Dagster's monitoring: a run whose process is gone fails, and so does what its command announced."""
        if is_dead(run.tags.get(PROCESS_TAG, "")):
            fail_dead_runs(self._instance)
            return CheckRunHealthResult(WorkerStatus.FAILED)
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def terminate(self, run_id: str) -> bool:
        """Cancel a run; whether its process, or its code server, could be asked to."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        mark = run.tags.get(PROCESS_TAG, "")
        if is_dead(mark) is not False:
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        # Before the process can tell that it has ended.
        self._instance.report_run_canceling(run)
        return interrupt(mark)
