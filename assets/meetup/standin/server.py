"""The HTTP server: Meetup's endpoint `/gql-ext`, and beside it what a test or a person steers the simulator with.

`GET /` says what world it is; `POST /now` sets the world's time (`{"now": "2019-01-01T00:00:00Z"}`, null for the real
time); `POST /faults` puts a `FaultPlan` in force and `GET /faults` counts what it did. These ask for no token, so the
server belongs on loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tributary.assets.meetup.standin.execution import Payload, executed
from tributary.assets.meetup.standin.failing import (
    JSON,
    answer,
    encode,
    errors,
    instead,
    of_group,
    rate_limited,
    thinned,
    too_large,
    with_failed_field,
    with_null_edge,
)
from tributary.assets.meetup.standin.faults import Fault, FaultPlan, Faults
from tributary.assets.meetup.standin.limits import RateLimit
from tributary.assets.meetup.standin.root import Caps, Root
from tributary.assets.meetup.standin.world import World

PATH = "/gql-ext"
DEFAULT_TOKEN = "simulator"  # noqa: S105 - everybody may know it


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
            return answer(errors("UNAUTHENTICATED", "The access token is missing or wrong."), 401)
        until = self._limit.refused_until()
        if until is not None:
            return answer(rate_limited(until))
        plan, fault = self.faults.plan, self.faults.draw()
        if fault is not None and (failed := instead(fault, plan)) is not None:
            return failed
        try:
            call = msgspec.json.decode(await request.body(), type=_Call)
        except msgspec.DecodeError as error:
            return answer(errors("BAD_REQUEST", f"The body is no GraphQL request: {error}"), 400)
        if (large := too_large(call.variables, plan)) is not None:
            return large
        payload = executed(call.query, call.variables, call.operationName, self._root_value())
        if fault is not None:
            return await self._spoiled(fault, payload, call)
        group = self._asked_for(call.variables or {})
        if group in plan.groups:
            return of_group(plan.groups[group], payload)
        return answer(payload)

    def _asked_for(self, variables: dict[str, Any]) -> str | None:
        """The id of the group that a call asks for, by its id or by its name in addresses."""
        named = self.world.by_urlname(self._root_now()).get(variables.get("urlname", ""))
        return named.id if named else variables.get("id")

    def _root_value(self) -> dict[str, Any]:
        now = self.now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        if self._root is None or self._root[0] != now:
            self._root = (now, Root(self.world, now, self.caps).value())
        return self._root[1]

    async def _spoiled(self, fault: Fault, payload: Payload, call: _Call) -> Response:
        """What comes of the right answer."""
        body = encode(payload)
        match fault:
            case Fault.SLOW:
                await asyncio.sleep(self.faults.plan.delay)
                return Response(body, media_type=JSON)
            case Fault.CUT_OFF:
                return Response(body[: len(body) // 2], media_type=JSON)
            case Fault.DROPPED:
                return StreamingResponse(_broken_off(body[: len(body) // 2]), media_type=JSON)
            case Fault.FAILED_FIELD:
                return answer(with_failed_field(payload))
            case Fault.NULL_EDGE:
                return answer(with_null_edge(payload))
            case Fault.EXPIRED_CURSOR:
                expired = errors("BAD_USER_INPUT", "The cursor has expired.", classification="BAD_REQUEST")
                return answer({**expired, "data": None} if (call.variables or {}).get("after") else payload)
            case _:
                error = errors("INTERNAL_SERVER_ERROR", "A part of the answer could not be had.")
                return answer({"data": thinned(payload.get("data")), **error})

    async def _about(self, _request: Request) -> Response:
        now = self._root_now()
        return answer({"seed": self.world.seed, "groups": len(self.world.groups), "now": now.isoformat()})

    def _root_now(self) -> datetime:
        return self.now or datetime.now(UTC)

    async def _set_now(self, request: Request) -> Response:
        try:
            now = msgspec.json.decode(await request.body(), type=_Now).now
        except msgspec.DecodeError as error:
            return answer({"error": str(error)}, 400)
        self.now = now.replace(tzinfo=UTC) if now is not None and now.tzinfo is None else now
        return await self._about(request)

    async def _set_faults(self, request: Request) -> Response:
        try:
            self.faults.follow(msgspec.json.decode(await request.body(), type=FaultPlan))
        except msgspec.DecodeError as error:
            return answer({"error": str(error)}, 400)
        return await self._show_faults(request)

    async def _show_faults(self, _request: Request) -> Response:
        return answer({"plan": self.faults.plan, "delivered": dict(self.faults.delivered)})


class BrokenOffError(ConnectionError):
    """The simulated connection ended in the middle of an answer."""


async def _broken_off(half: bytes) -> AsyncIterator[bytes]:
    yield half
    raise BrokenOffError
