"""What lasts, of somebody known: it ends when they are let in no longer; a websocket's messages are looked at, too."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tributary.identity.rules import Refused

LOOK_SECONDS = 2.0
"""How often it is looked whether a session still holds."""

MOST_SOCKETS = 200
"""Websockets of one principal at most; each takes two of the process's files."""

APART_SECONDS, AHEAD_SECONDS = 0.02, 1.0
"""The messages of one principal are handed on so far apart, but for those of a second that come at once: to begin a
subscription takes the server behind some milliseconds in which it answers nobody else."""

_POLICY_VIOLATION = 1008
_LONGEST_REASON = 120


class Caller(Protocol):
    """Who opened the websocket."""

    async def message(self, message: str | bytes) -> str | bytes:
        """What is handed on of a message."""

    async def holds(self) -> bool:
        """Whether they are still let in."""


class Shares:
    """What each principal has of the websockets, so that one leaves the others theirs."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._next: dict[str, float] = {}

    @contextmanager
    def socket(self, name: str) -> Iterator[None]:
        """One more websocket of somebody, while it is open.

        Raises:
            Refused: they have too many.
        """
        if self._open[name] >= MOST_SOCKETS:
            raise Refused(429, f"{name} has {MOST_SOCKETS} websockets open: close some.")
        self._open[name] += 1
        try:
            yield
        finally:
            self._open[name] -= 1

    async def turn(self, name: str) -> None:
        """Wait until one more message of somebody may be handed on."""
        now = time.monotonic()
        self._next[name] = at = max(now - AHEAD_SECONDS, self._next.get(name, 0.0)) + APART_SECONDS
        if at > now:
            await asyncio.sleep(at - now)


async def while_let_in(serving: Awaitable[None], caller: Caller) -> bool:
    """Serve a request until it is answered, or its caller is let in no longer: some answers have no end.

    Returns whether it was served to its end.
    """
    task = asyncio.ensure_future(serving)
    try:
        while not (await asyncio.wait({task}, timeout=LOOK_SECONDS))[0]:
            if not await caller.holds():
                return False
        task.result()
        return True
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def guarded(application: ASGIApp, scope: Scope, receive: Receive, send: Send, caller: Caller) -> None:
    """Serve a websocket until it ends, a message is refused, or its caller is let in no longer."""
    refused: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def looked_at() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive":
            return message
        text = message.get("text")
        try:
            handed_on = await caller.message(text if text is not None else message.get("bytes") or b"")
        except Refused as error:
            if not refused.done():
                refused.set_result(error.sentence)
            # The application never sees it: it is ended below.
            await asyncio.Event().wait()
        return {"type": "websocket.receive", "text" if isinstance(handed_on, str) else "bytes": handed_on}

    async def let_in() -> str:
        while await caller.holds():
            await asyncio.sleep(LOOK_SECONDS)
        return "Log in again."

    serving = asyncio.ensure_future(application(scope, looked_at, send))
    watching = asyncio.ensure_future(let_in())
    try:
        waited: set[asyncio.Future[Any]] = {serving, watching, refused}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
            return
        reason = refused.result() if refused.done() else watching.result()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
        # It may have been closed by the other side meanwhile.
        with suppress(RuntimeError, OSError):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": reason[:_LONGEST_REASON]})
    finally:
        serving.cancel()
        watching.cancel()
        refused.cancel()
