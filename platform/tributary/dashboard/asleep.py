"""An application that is made when somebody first asks it anything: until then its process costs next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEALTH = "/_stcore/health"
"""The path, below its own, at which Streamlit says whether it is well."""


class Asleep:
    """Answers for its health while it sleeps, and is what `make` gives from the first other request on.

    Args:
        make: gives the application; it takes a second or two, for which requests wait.
        health: the path that is asked whether it is well.
    """

    def __init__(self, make: Callable[[], ASGIApp], health: str) -> None:
        self._make, self._health = make, health
        self._app: ASGIApp | None = None
        self._waking = asyncio.Lock()
        self._ended = asyncio.Event()
        self._life: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is None and scope["type"] == "http" and scope["path"] == self._health:
            await PlainTextResponse("ok")(scope, receive, send)
        else:
            await (await self._awake())(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ended.set()
        if self._life is not None:
            await self._life
        await send({"type": "lifespan.shutdown.complete"})

    async def _awake(self) -> ASGIApp:
        async with self._waking:
            if self._app is None:
                app, started = self._make(), asyncio.get_running_loop().create_future()
                self._life = asyncio.ensure_future(self._lived(app, started))
                self._life.add_done_callback(lambda life: _failed(started, life))
                await started
                self._app = app
            return self._app

    async def _lived(self, app: ASGIApp, started: asyncio.Future[None]) -> None:
        """The application's own life, which begins late and ends with this one's."""

        async def receive() -> Message:
            if not started.done():
                return {"type": "lifespan.startup"}
            await self._ended.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                started.set_result(None)
            elif message["type"] == "lifespan.startup.failed":
                started.set_exception(RuntimeError(message.get("message") or "The dashboard could not be started."))

        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)


def _failed(started: asyncio.Future[None], life: asyncio.Future[None]) -> None:
    """Let whoever waits for the start know that it will not come."""
    if not started.done():
        started.set_exception(life.exception() or RuntimeError("The dashboard ended when it was to start."))
