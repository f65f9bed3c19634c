"""Runs the simulator: in this process until it is interrupted, or on a thread for as long as a `with` lasts."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import uvicorn

from tributary.assets.meetup.standin.server import PATH, Simulation
from tributary.assets.meetup.standin.world import SimulatorError
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import known_hosts
from tributary.resources.gateway.serving import guarded

LARGEST_BODY = 1024 * 1024
"""Bytes of a request."""

HOST = "127.0.0.1"
_START_SECONDS = 10.0


def serve(simulation: Simulation, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.Server(_configured(simulation, port, log_level="info")).run()


class RunningSimulator:
    """Serves a simulation from a thread, on loopback; it may be changed while it is served.

    Args:
        simulation: what is served.
        port: where; 0 for a free port.

    Attributes:
        url: the endpoint, once it has started.
        base: the address of the server, without a path.

    Raises:
        SimulatorError: on entering, where the port cannot be bound.
    """

    def __init__(self, simulation: Simulation, port: int = 0) -> None:
        self.simulation = simulation
        self._port = port
        self._server = uvicorn.Server(_configured(simulation, port, log_config=None))
        self._thread = threading.Thread(target=self._serve, name="meetup-simulator", daemon=True)
        self.base = ""
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise SimulatorError(
                    f"The Meetup simulator did not start on port {self._port}; set TRIBUTARY_MEETUP_PORT to a free one."
                )
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.base = f"http://{HOST}:{port}"
        self.url = self.base + PATH
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_START_SECONDS)

    def _serve(self) -> None:
        try:
            self._server.run()
        except SystemExit:
            # So uvicorn ends where it cannot bind; entering sees the thread gone and says so.
            return


def _configured(simulation: Simulation, port: int, **options: object) -> uvicorn.Config:
    policy = Policy(known_hosts(bound=HOST), largest_body=lambda _path: LARGEST_BODY)
    return guarded(simulation.application(), policy, host=HOST, port=port, date_header=False, lifespan="off", **options)
