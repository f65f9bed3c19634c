"""A simulator of Meetup for as long as a command lasts, where the settings ask for one and none is there yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tributary.assets.meetup.api.opening import open_meetup
from tributary.assets.meetup.standin.errors import SimulatorError
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    import uvicorn

_START_SECONDS = 10.0
_POLL_SECONDS = 0.01


@contextmanager
def simulator(settings: Settings) -> Iterator[bool]:
    """Serve a made-up Meetup on the settings' port until the block ends, from a thread; tells whether it does.

    Nothing is started where a token is set, where the profile is another than local, or where something listens on
    the port already.

    Raises:
        SimulatorError: the port cannot be bound.
    """
    meetup = open_meetup(settings)
    if not meetup.simulated or meetup.absence is None:
        yield False
        return
    import uvicorn

    from tributary.assets.meetup.standin.running import configured
    from tributary.assets.meetup.standin.server import Simulation
    from tributary.assets.meetup.standin.world import World

    options = {"host": "127.0.0.1", "port": settings.meetup_port, "log_config": None}
    server = uvicorn.Server(configured(Simulation(World()), **options))
    thread = threading.Thread(target=_serve, args=(server,), name="meetup-simulator", daemon=True)
    thread.start()
    try:
        _wait(server, thread, settings.meetup_port)
        yield True
    finally:
        server.should_exit = server.force_exit = True
        thread.join(_START_SECONDS)


def _serve(server: uvicorn.Server) -> None:
    try:
        server.run()
    except SystemExit:
        # So uvicorn ends where it cannot bind; `_wait` sees the thread gone and says so.
        return


def _wait(server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise SimulatorError(
                f"The Meetup simulator did not start on port {port}; set TRIBUTARY_MEETUP_PORT to a free port."
            )
        time.sleep(_POLL_SECONDS)
