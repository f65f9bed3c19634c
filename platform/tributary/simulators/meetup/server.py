"""The HTTP server: Meetup's endpoint `/gql-ext`, and beside it what a test or a person steers the simulator with.

`GET /` says what world it is; `POST /now` sets the world's time (`{"now": "2019-01-01T00:00:00Z"}`, null for the real
time); `POST /faults` puts a `FaultPlan` in force and `GET /faults` counts what it did. These ask for no token, so the
server belongs on loopback.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from hmac import compare_digest
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tributary.simulators.meetup.execution import Payload, executed
from tributary.simulators.meetup.faults import Fault, FaultPlan, Faults
from tributary.simulators.meetup.limits import RateLimit
from tributary.simulators.meetup.root import Caps, Root
from tributary.simulators.meetup.world import World

PATH = "/gql-ext"
DEFAULT_TOKEN = "simulator"  # noqa: S105 - everybody may know it

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode


class _Call(msgspec.Struct):
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
        token: the bearer token that is asked for.
        now: the world's time; None for the real one, by which the world turns every hour.
        caps: the most that an answer holds.
        requests_per_minute: the rate limit; None for none.
        faults: what fails.
        calls: how many calls of the endpoint were answered, failed ones included.
    """

    world: World
    token: str = DEFAULT_TOKEN
    now: datetime | None = None
    caps: Caps = field(default_factory=Caps)
    requests_per_minute: int | None = None
    faults: Faults = field(default_factory=Faults)
    calls: int = 0
    _root: tuple[datetime, dict[str, Any]] | None = None
    _limit: RateLimit = field(init=False)

    def __post_init__(self) -> None:
        self._limit = RateLimit(self.requests_per_minute)

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(PATH, self._graphql, methods=["POST"]),
                Route("/", self._about),
                Route("/now", self._set_now, methods=["POST"]),
                Route("/faults", self._set_faults, methods=["POST"]),
                Route("/faults", self._show_faults),
            ]
        )

    async def _graphql(self, request: Request) -> Response:
        self.calls += 1
        given = request.headers.get("authorization", "")
        if not compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            return _answer(_errors("UNAUTHENTICATED", "The access token is missing or wrong."), 401)
        until = self._limit.refused_until()
        if until is not None:
            return _answer(_rate_limited(until))
        fault = self.faults.draw()
        if fault is not None and (failed := self._instead(fault)) is not None:
            return failed
        try:
            call = msgspec.json.decode(await request.body(), type=_Call)
        except msgspec.DecodeError as error:
            return _answer(_errors("BAD_REQUEST", f"The body is no GraphQL request: {error}"), 400)
        payload = executed(call.query, call.variables, call.operationName, self._root_value())
        if fault is not None:
            return await self._spoiled(fault, payload)
        return _answer(payload, 200 if "data" in payload else 400)

    def _root_value(self) -> dict[str, Any]:
        now = self.now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        if self._root is None or self._root[0] != now:
            self._root = (now, Root(self.world, now, self.caps).value())
        return self._root[1]

    def _instead(self, fault: Fault) -> Response | None:
        """What comes instead of an answer."""
        pause = self.faults.plan.pause
        match fault:
            case Fault.TOO_MANY_REQUESTS:
                return Response("slow down", 429, {"Retry-After": str(pause)})
            case Fault.RATE_LIMITED:
                return _answer(_rate_limited(time.time() + pause))
            case Fault.SERVER_ERROR:
                return _answer(_errors("INTERNAL_SERVER_ERROR", "Something went wrong."), 500)
            case Fault.BAD_GATEWAY:
                return Response("<html><body>502 Bad Gateway</body></html>", 502, media_type="text/html")
            case Fault.EXPIRED_TOKEN:
                return _answer(_errors("UNAUTHENTICATED", "The access token has expired."), 401)
            case _:
                return None

    async def _spoiled(self, fault: Fault, payload: Payload) -> Response:
        """What comes of the right answer."""
        body = _encode(payload)
        if fault is Fault.SLOW:
            await asyncio.sleep(self.faults.plan.delay)
            return Response(body, media_type=_JSON)
        if fault is Fault.CUT_OFF:
            return Response(body[: len(body) // 2], media_type=_JSON)
        if fault is Fault.DROPPED:
            return StreamingResponse(_broken_off(body[: len(body) // 2]), media_type=_JSON)
        error = _errors("INTERNAL_SERVER_ERROR", "A part of the answer could not be had.")
        return _answer({"data": _thinned(payload.get("data")), **error})

    async def _about(self, _request: Request) -> Response:
        now = self._root_now()
        return _answer({"seed": self.world.seed, "groups": len(self.world.groups), "now": now.isoformat()})

    def _root_now(self) -> datetime:
        return self.now or datetime.now(UTC)

    async def _set_now(self, request: Request) -> Response:
        try:
            now = msgspec.json.decode(await request.body(), type=_Now).now
        except msgspec.DecodeError as error:
            return _answer({"error": str(error)}, 400)
        self.now = now.replace(tzinfo=UTC) if now is not None and now.tzinfo is None else now
        return await self._about(request)

    async def _set_faults(self, request: Request) -> Response:
        try:
            self.faults.follow(msgspec.json.decode(await request.body(), type=FaultPlan))
        except msgspec.DecodeError as error:
            return _answer({"error": str(error)}, 400)
        return await self._show_faults(request)

    async def _show_faults(self, _request: Request) -> Response:
        return _answer({"plan": self.faults.plan, "delivered": dict(self.faults.delivered)})


class BrokenOffError(ConnectionError):
    """The simulated connection ended in the middle of an answer."""


async def _broken_off(half: bytes) -> AsyncIterator[bytes]:
    yield half
    raise BrokenOffError


def _answer(content: Any, status: int = 200) -> Response:
    return Response(_encode(content), status, {"Date": formatdate(usegmt=True)}, _JSON)


def _errors(code: str, message: str, **extensions: Any) -> Payload:
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}


def _rate_limited(until: float) -> Payload:
    reset = datetime.fromtimestamp(until, UTC) + timedelta(milliseconds=1)
    stamp = reset.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**_errors("RATE_LIMITED", "Too many requests, come back later.", resetAt=stamp), "data": None}


def _thinned(value: Any) -> Any:
    """The data with every other edge left out, wherever there are edges."""
    if isinstance(value, dict):
        return {key: _thinned(item[::2] if key == "edges" else item) for key, item in value.items()}
    return [_thinned(item) for item in value] if isinstance(value, list) else value
