"""A simulator that fails on demand: what it sends where a fault is in force, instead of an answer or made of one."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response, StreamingResponse
from tests.meetup.faults import Fault, FaultPlan, Faults, GroupFault

from tributary.assets.meetup.standin.execution import Payload
from tributary.assets.meetup.standin.server import Call, Simulation, answer, encode, errors

JSON = "application/json"
_LOGIN = "<html><head><title>Login to Meetup</title></head><body><form><input type='password'></form></body></html>"
_BAD_GATEWAY = "<html><body>502 Bad Gateway</body></html>"


@dataclass
class FaultySimulation(Simulation):
    """A simulation that fails as its plan of faults says."""

    faults: Faults = field(default_factory=Faults)

    async def answered(self, call: Call) -> Response:
        plan, fault = self.faults.plan, self.faults.draw()
        if fault is not None and (failed := instead(fault, plan)) is not None:
            return failed
        if (large := too_large(call.variables, plan)) is not None:
            return large
        payload = self.executed(call)
        if fault is not None:
            return await self._spoiled(fault, payload, call)
        group = self._asked_for(call.variables or {})
        if group in plan.groups:
            return of_group(plan.groups[group], payload)
        return answer(payload)

    def _asked_for(self, variables: dict[str, Any]) -> str | None:
        """The id of the group that a call asks for, by its id or by its name in addresses."""
        named = self.world.by_urlname(self.now or datetime.now(UTC)).get(variables.get("urlname", ""))
        return named.id if named else variables.get("id")

    async def _spoiled(self, fault: Fault, payload: Payload, call: Call) -> Response:
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


class BrokenOffError(ConnectionError):
    """The simulated connection ended in the middle of an answer."""


async def _broken_off(half: bytes) -> AsyncIterator[bytes]:
    yield half
    raise BrokenOffError


def rate_limited(until: float) -> Payload:
    """The answer to a call too many; `until` is in seconds since 1970."""
    reset = datetime.fromtimestamp(until, UTC) + timedelta(milliseconds=1)
    stamp = reset.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**errors("RATE_LIMITED", "Too many requests, come back later.", resetAt=stamp), "data": None}


def instead(fault: Fault, plan: FaultPlan) -> Response | None:
    """What comes instead of an answer; None for a fault that spoils the right one."""
    match fault:
        case Fault.TOO_MANY_REQUESTS:
            return Response("slow down", 429, {"Retry-After": str(plan.pause)})
        case Fault.TOO_MANY_REQUESTS_AT_ALL:
            return Response("slow down", 429)
        case Fault.RATE_LIMITED:
            return answer(rate_limited(time.time() + plan.pause))
        case Fault.SERVER_ERROR:
            return answer(errors("INTERNAL_SERVER_ERROR", "Something went wrong."), 500)
        case Fault.BAD_GATEWAY:
            return Response(_BAD_GATEWAY, 502, media_type="text/html")
        case Fault.EXPIRED_TOKEN:
            return answer(errors("UNAUTHENTICATED", "The access token has expired."), 401)
        case Fault.INVALID_GRANT:
            return answer({"error": "invalid_grant"}, 400)
        case Fault.AUTH_FAIL:
            return answer({"errors": [{"code": "auth_fail", "message": "Invalid oauth credentials"}]})
        case Fault.LOGIN_REDIRECT:
            return Response(b"", 302, {"Location": "https://secure.example.org/login/?returnUri=%2Fgql-ext"})
        case Fault.LOGIN_PAGE:
            return Response(_LOGIN, media_type="text/html")
        case _:
            return None


def too_large(variables: Mapping[str, Any] | None, plan: FaultPlan) -> Response | None:
    """The answer to a call for more nodes than the server can give; None where it can."""
    first = (variables or {}).get("first")
    if plan.largest_page is None or not isinstance(first, int) or first <= plan.largest_page:
        return None
    return Response(_BAD_GATEWAY, 502, media_type="text/html")


def thinned(value: Any) -> Any:
    """The data with every other edge left out, wherever there are edges."""
    if isinstance(value, dict):
        return {key: thinned(item[::2] if key == "edges" else item) for key, item in value.items()}
    return [thinned(item) for item in value] if isinstance(value, list) else value


def with_null_edge(payload: Payload) -> Payload:
    """The answer with its first edge null."""
    spoiled = copy.deepcopy(payload)
    edges, _ = _edges_of(spoiled)
    if edges:
        edges[0] = None
    return spoiled


def with_failed_field(payload: Payload) -> Payload:
    """The answer with one field of its first node null, and graphql-java's error that names the place."""
    spoiled = copy.deepcopy(payload)
    edges, path = _edges_of(spoiled)
    node = edges[0]["node"] if edges else _root_of(spoiled)[1]
    name = next((one for one in ("featuredEventPhoto", "keyGroupPhoto") if node and one in node), None)
    if node is None or name is None:
        return payload
    node[name] = None
    where = [*path, 0, "node", name] if edges else [_root_of(spoiled)[0], name]
    message = f"Exception while fetching data (/{'/'.join(map(str, where))})"
    error = {"message": message, "path": where, "extensions": {"classification": "DataFetchingException"}}
    return {**spoiled, "errors": [error]}


def of_group(fault: GroupFault, payload: Payload) -> Response:
    """The answer to a call for one group that fails in its own way."""
    field, group = _root_of(payload)
    events = isinstance(group, dict) and "events" in group
    where = [field, "events"] if events else [field]
    match fault:
        case GroupFault.BROKEN:
            return answer(errors("INTERNAL_SERVER_ERROR", "Something went wrong."), 500)
        case GroupFault.FORBIDDEN:
            refusal = {"message": "You are not allowed to see this", "path": where, "extensions": {"code": "FORBIDDEN"}}
            return answer({"data": {field: None}, "errors": [refusal]})
        case GroupFault.NOT_FOUND:
            unknown = {"message": "404 NOT_FOUND", "path": where, "extensions": {"classification": "NOT_FOUND"}}
            return answer({"data": {field: None}, "errors": [unknown]})
        case GroupFault.FAILED_FIELD:
            return answer(with_failed_field(payload))
        case GroupFault.NULL_EDGE:
            return answer(with_null_edge(payload))
        case GroupFault.OTHER_GROUP:
            return answer({"data": {field: {**(group or {}), "id": "777", **({"events": _NONE} if events else {})}}})
        case GroupFault.UNDERCOUNT if events:
            return answer({"data": {field: {**group, "events": {**_NONE, "totalCount": 13}}}})
        case GroupFault.ODD_TIME if events:
            spoiled = copy.deepcopy(payload)
            for edge in _edges_of(spoiled)[0][:1]:
                edge["node"]["dateTime"] = "next Tuesday"
            return answer(spoiled)
        case _:
            return answer(payload)


_NONE = {"totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": ""}, "edges": []}


def _root_of(payload: Payload) -> tuple[str, Any]:
    data = payload.get("data") or {}
    return next(iter(data.items()), ("group", None))


def _edges_of(payload: Payload) -> tuple[list[Any], list[str | int]]:
    """The edges of the connection in an answer, and the path to them; none where there is no connection."""
    field, value = _root_of(payload)
    path: list[str | int] = [field]
    if isinstance(value, dict) and "events" in value:
        value, path = value["events"], [field, "events"]
    if isinstance(value, dict) and isinstance(value.get("edges"), list):
        return value["edges"], [*path, "edges"]
    return [], path
