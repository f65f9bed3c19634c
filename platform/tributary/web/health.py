"""Whether the platform is up, said to machines and to people: 200, or 503 with the parts that are down."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tributary.launcher.state import parts_down

PATH = "/v1/health"
_CONNECT_SECONDS = 3
_KEPT_SECONDS = 1.0
_METHODS = ("GET", "HEAD")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Health:
    """The answer to `GET /v1/health`, and to whoever shows a page about it.

    Args:
        database_url: a database that must answer.
        home: where the launcher notes what is down.
    """

    def __init__(self, database_url: Callable[[], str], home: Path) -> None:
        self._url, self._home = database_url, home
        self._lock = threading.Lock()
        self._asked, self._answers = float("-inf"), False

    def down(self) -> list[str]:
        """The parts that are down at this moment; a second's questions share one look at the database. It may wait."""
        with self._lock:
            if time.monotonic() - self._asked > _KEPT_SECONDS:
                self._answers = self._database_answers()
                self._asked = time.monotonic()
        found = [name for name in parts_down(self._home) if name != "Postgres"]
        return found if self._answers else ["Postgres", *found]

    def _database_answers(self) -> bool:
        try:
            with psycopg.connect(self._url(), connect_timeout=_CONNECT_SECONDS, application_name="tributary health"):
                return True
        except psycopg.Error:
            return False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the state."""
        if scope["method"] not in _METHODS:
            await Response(status_code=405, headers={"Allow": "GET"})(scope, receive, send)
            return
        down = await asyncio.to_thread(self.down)
        body = {"status": "down", "down": down} if down else {"status": "ok"}
        answer = Response(json.dumps(body), 503 if down else 200, _HEADERS, "application/json")
        await answer(scope, receive, send)
