"""Dagster's code server, whose runs are forked from the process that it was forked from itself.

Dagster's own command starts each run in a new interpreter, which imports everything again, and puts another server
before the one that holds the definitions, so that these can be loaded anew. Neither can be configured.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from dagster import DagsterError
from dagster._core.origin import get_python_environment_entry_point
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.__generated__.dagster_api_pb2 import ReloadCodeReply
from dagster._grpc.server import DagsterApiServer, DagsterGrpcServer
from dagster._utils.interrupts import setup_interrupt_handlers
from dagster._utils.log import configure_loggers

from tributary.resources.dagster_internals import RUN_PROCESS
from tributary.resources.dagster_internals.ending_event import EndingEvent
from tributary.resources.kernel import give_memory_back, name_process

__all__ = ["CodeServer"]

RELOAD_SECONDS = 180.0
"""For so long definitions may take to load anew."""

_LOOK_SECONDS = 0.1
_OFTEN = (10_000, 10, 10)
"""How often garbage is looked for."""

_LINGER_SECONDS = 3.0
"""For so long a server that was replaced answers who asked it just before."""


class _Run(ForkServerProcess):
    """A run's process, which is known by its name."""

    def run(self) -> None:
        name_process(RUN_PROCESS)
        super().run()


class _Forking(ForkServerContext):
    """Makes processes by the fork server that the process itself came from."""

    Process = _Run

    def Event(self) -> EndingEvent:  # noqa: N802
        return EndingEvent(self)


def _stay_with_the_template() -> None:
    """Python means a fork server's processes to use the same one, but has them start another, with nothing imported."""
    forkserver._forkserver.ensure_running = resource_tracker.ensure_running  # type: ignore[method-assign]  # noqa: SLF001


class _Servicer(DagsterApiServer):
    """Answers as Dagster's does; its runs are forked, and it is replaced where it is to load the definitions anew."""

    def __init__(self, is_current: Callable[[], bool], ask_for_another: Callable[[], None], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._mp_ctx: Any = _Forking()
        self._is_current, self._ask_for_another = is_current, ask_for_another
        self._one_at_a_time = threading.Lock()
        threading.Thread(target=self._retire, name="code-server-retire", daemon=True).start()

    def ReloadCode(self, request: object, _context: object) -> ReloadCodeReply:  # noqa: ARG002, N802
        """Load the definitions anew, in a server that takes over from this one.

        Raises:
            DagsterError: that one does not come.
        """
        with self._one_at_a_time:
            if self._is_current():
                self._ask_for_another()
            if not self._replaced_within(RELOAD_SECONDS):
                raise DagsterError(
                    f"The definitions were not loaded within {RELOAD_SECONDS:.0f} s: see code-server.log."
                )
        return ReloadCodeReply()

    def _replaced_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._is_current():
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _retire(self) -> None:
        """End when runs have ended, once whoever holds this server up is gone, or has another one."""
        parent = multiprocessing.parent_process()
        if parent is None:
            return
        wait([parent.sentinel])
        self._replaced_within(RELOAD_SECONDS)
        time.sleep(_LINGER_SECONDS)
        self._shutdown_once_executions_finish_event.set()


class CodeServer:
    """The server of a module's definitions; it listens from the start, and answers once it serves.

    Args:
        module: holds the `Definitions`; where it cannot be loaded, that is what the server tells.
        location: the name of the code location.
        socket: where it listens.
        is_current: whether it is the server that others know.
        ask_for_another: starts a server that takes over from this one.
    """

    def __init__(
        self,
        module: str,
        location: str,
        socket: Path,
        is_current: Callable[[], bool],
        ask_for_another: Callable[[], None],
    ) -> None:
        _stay_with_the_template()
        setup_interrupt_handlers()
        configure_loggers(log_level="WARNING")
        log = logging.getLogger("dagster.code_server")
        ended, pool = threading.Event(), FuturesAwareThreadPoolExecutor()
        servicer = _Servicer(
            is_current,
            ask_for_another,
            server_termination_event=ended,
            logger=log,
            server_threadpool_executor=pool,
            loadable_target_origin=LoadableTargetOrigin(executable_path=sys.executable, module_name=module),
            lazy_load_user_code=True,
            entry_point=get_python_environment_entry_point(sys.executable),
            location_name=location,
        )
        self._server = DagsterGrpcServer(
            server_termination_event=ended,
            dagster_api_servicer=servicer,
            logger=log,
            threadpool_executor=pool,
            socket=str(socket),
        )
        # The definitions are never garbage; what a server makes for each answer is, unlike what a run makes.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_OFTEN)
        give_memory_back()

    def serve(self) -> None:
        """Serve until it is replaced and its runs have ended, or until it is asked to end."""
        try:
            self._server.serve()  # type: ignore[no-untyped-call]
        except KeyboardInterrupt:
            return
