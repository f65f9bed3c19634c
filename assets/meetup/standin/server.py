"""The HTTP server: Meetup's endpoint `/gql-ext`, and beside it what a test or a person steers the simulator with.

`GET /` says what world it is; `POST /now` sets the world's time (`{"now": "2019-01-01T00:00:00Z"}`, null for the real
time). These ask for no token, so the server belongs on loopback.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from hmac import compare_digest
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tributary.assets.meetup.api.opening import SIMULATOR_TOKEN
from tributary.assets.meetup.standin.execution import Payload, executed
from tributary.assets.meetup.standin.root import Caps, Root
from tributary.assets.meetup.standin.world import World

PATH = "/gql-ext"
encode = msgspec.json.Encoder().encode


class Call(msgspec.Struct):
    """A GraphQL request."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # noqa: N815 - the protocol's name


class _Now(msgspec.Struct):
    now: datetime | None


@dataclass
class Simulation:
    """A world behind a server.

    Attributes:
        world: what is served.
        now: the world's time; None for the real one, by which the world turns every hour.
        caps: the most that an answer holds.
        calls: how many calls of the endpoint were answered, failed ones included.
    """

    world: World
    now: datetime | None = None
    caps: Caps = field(default_factory=Caps)
    calls: int = 0
    _root: tuple[datetime, dict[str, Any]] | None = None

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(PATH, self._graphql, methods=["POST"]),
                Route("/", self._about),
                Route("/now", self._set_now, methods=["POST"]),
            ]
        )

    async def answered(self, call: Call) -> Response:
        """The answer to a call that may be made."""
        return answer(self.executed(call))

    def executed(self, call: Call) -> Payload:
        """What the world says to a call."""
        now = self.now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        if self._root is None or self._root[0] != now:
            self._root = (now, Root(self.world, now, self.caps).value())
        return executed(call.query, call.variables, call.operationName, self._root[1])

    async def _graphql(self, request: Request) -> Response:
        self.calls += 1
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {SIMULATOR_TOKEN}".encode()):
            return answer(errors("UNAUTHENTICATED", "The access token is missing or wrong."), 401)
        try:
            call = msgspec.json.decode(await request.body(), type=Call)
        except msgspec.DecodeError as error:
            return answer(errors("BAD_REQUEST", f"The body is no GraphQL request: {error}"), 400)
        return await self.answered(call)

    async def _about(self, _request: Request) -> Response:
        now = self.now or datetime.now(UTC)
        return answer({"seed": self.world.seed, "groups": len(self.world.groups), "now": now.isoformat()})

    async def _set_now(self, request: Request) -> Response:
        try:
            now = msgspec.json.decode(await request.body(), type=_Now).now
        except msgspec.DecodeError as error:
            return answer({"error": str(error)}, 400)
        self.now = now.replace(tzinfo=UTC) if now is not None and now.tzinfo is None else now
        return await self._about(request)


def answer(content: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(encode(content), status, {"Date": formatdate(usegmt=True)}, "application/json")


def errors(code: str, message: str, **extensions: Any) -> Payload:
    """An answer of one error, as Apollo's servers have it."""
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
