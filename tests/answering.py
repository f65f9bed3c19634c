"""Servers of the standard library and of Werkzeug on a thread of their own."""

from __future__ import annotations

import threading
from typing import Protocol

_LOOK_SECONDS = 0.02
"""How often a server looks whether it is to end; by itself it does every half second, for which tests would wait."""


class Server(Protocol):
    """What answers until its `shutdown` is called."""

    def serve_forever(self, poll_interval: float) -> None:
        """Answer, and look for the end every so many seconds."""


def begin(server: Server) -> threading.Thread:
    """Have a server answer; the thread ends behind the server's `shutdown`."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK_SECONDS,), daemon=True)
    thread.start()
    return thread
