"""A server behind the gateway, with limits that a test can wait for, and raw connections to it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import uvicorn
from a2wsgi import WSGIMiddleware
from starlette.types import ASGIApp

from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits, PatientProtocol
from tributary.resources.gateway.serving import guarded

QUICK = Limits(head=0.6, body=1.2, pause=0.6, reading=0.8)


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connection(self) -> socket.socket:
        """An open connection that has said nothing yet."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def said(self, request: bytes) -> bytes:
        """All that comes back for what is sent, until the server closes."""
        with self.connection() as opened:
            opened.sendall(request)
            return rest(opened)


def rest(opened: socket.socket) -> bytes:
    """All that still comes from a connection until the server closes it."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := opened.recv(65536):
            parts.append(part)
    return b"".join(parts)


@contextlib.contextmanager
def served(
    application: ASGIApp, policy: Policy | None = None, limits: Limits = QUICK, most: int = 900, **options: Any
) -> Iterator[Served]:
    """Serve an application on a free port until the block ends; `options` are uvicorn's."""

    class Quick(PatientProtocol):
        limits: ClassVar[Limits] = Limits()
        most: ClassVar[int] = 0

    Quick.limits, Quick.most = limits, most
    config = guarded(application, policy or Policy(), log_level="critical", lifespan="off", **options)
    config.http = Quick
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield Served(listening.getsockname()[1])
    server.should_exit = server.force_exit = True
    thread.join(20)
    listening.close()


def form_app(seen: list[bytes]) -> ASGIApp:
    """An application that waits for its body in a thread, as the forms do; `seen` takes the bodies."""

    def application(environ, start_response):  # type: ignore[no-untyped-def]
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

    return WSGIMiddleware(application)  # type: ignore[return-value,arg-type]
