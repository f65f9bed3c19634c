"""What lasts, of somebody known: it ends when they are let in no longer; a websocket's messages are looked at, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tributary.identity.rules import Refused

LOOK_SECONDS = 2.0
"""How often it is looked whether a session still holds."""

_POLICY_VIOLATION = 1008
_LONGEST_REASON = 120


class Caller(Protocol):
    """Who opened the websocket."""

    async def message(self, message: str | bytes) -> str | bytes:
        """What is handed on of a message."""

    async def holds(self) -> bool:
        """Whether they are still let in."""


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
