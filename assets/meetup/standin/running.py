"""Runs the simulator: in this process until it is interrupted, or on a thread for as long as a `with` lasts."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn

from tributary.assets.meetup.standin.errors import SimulatorError
from tributary.assets.meetup.standin.server import PATH, Simulation
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.serving import guarded

LARGEST_BODY = 1024 * 1024
"""Bytes of a request."""

_START_SECONDS = 10.0


def serve(simulation: Simulation, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.Server(_configuration(simulation, host, port, "info")).run()


class RunningSimulator:
    """Serves a simulation from a thread, on a free port of loopback.

    Args:
        simulation: what is served; it may be changed while it is.

    Attributes:
        url: the endpoint, once it has started.
        base: the address of the server, without a path.
    """

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._socket = socket.socket()
        self._server = uvicorn.Server(_configuration(simulation, "127.0.0.1", 0, "critical"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self.base = ""
        self.url = ""

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.url = self.base + PATH
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise SimulatorError("The Meetup simulator did not start; look at its log.")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(_START_SECONDS)
        self._socket.close()


def _configuration(simulation: Simulation, host: str, port: int, level: str) -> uvicorn.Config:
    return configured(simulation, host=host, port=port, log_level=level)


def configured(simulation: Simulation, **options: Any) -> uvicorn.Config:
    """The configuration of a server of `simulation`; `options` are uvicorn's."""
    policy = Policy(known_hosts(bound=options["host"]), largest_body=lambda _path: LARGEST_BODY)
    return guarded(simulation.application(), policy, date_header=False, lifespan="off", **options)
