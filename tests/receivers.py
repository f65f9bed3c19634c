"""Servers on loopback that take what is sent to people: webhooks and mail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.answering import begin
from tests.ports import free_port


class Hook(ThreadingHTTPServer):
    """Takes webhooks, and answers with a status."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[tuple[str, dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Taking(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, json.loads(body)))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook() -> Iterator[Hook]:
    server = Hook()
    begin(server)
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Post:
    """Takes mail."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@contextmanager
def post() -> Iterator[tuple[Post, int]]:
    """A mail server, and its port."""
    taking, port = Post(), free_port()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield taking, port
    finally:
        controller.stop()
