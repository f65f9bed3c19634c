"""The ASGI layer that asks who is there, and hands on what they may do.

It stands within `tributary.resources.gateway`'s layer, which has checked host, origin and size. What it hands on
carries the principal (`principal.principal_of`), and neither the session's cookie nor a key.

| answered here | status |
| --- | --- |
| a path with `..`, `//` or a backslash, which two servers might read as two | 400 |
| nobody, to a browser | 303, to the log-in |
| nobody, to anything else | 401 |
| somebody without the role that it takes; an operation that is on no list | 403 |
| a change that cannot be noted in the audit log, or nobody's database | 503 |
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tributary.identity import audit
from tributary.identity.callers import Callers, Credentials, several
from tributary.identity.rules import Need, Refused, Request, Rules
from tributary.identity.signing import without_principal
from tributary.identity.sockets import Shares, guarded, while_let_in
from tributary.resources.gateway.bodies import replayed
from tributary.resources.gateway.decision import SAFE_METHODS
from tributary.resources.gateway.logs import described
from tributary.resources.principal import Principal, with_principal

LOG_IN = "/login"
_NO_SECRETS = (b"text/css", b"text/javascript", b"application/javascript", b"font/", b"image/")
"""Kinds of files that are part of pages, and of no person."""

_LOG = logging.getLogger(__name__)
_AWAY = "The database of users and of the audit log does not answer: try again in a moment."


@dataclass(frozen=True)
class Mounted:
    """An application, under a path of the one address.

    Args:
        prefix: its path, without a slash at the end; empty for all that is nobody else's.
        application: gets the whole path.
        rules: what requests to it take; None where it answers anybody, as the log-in does.
    """

    prefix: str
    application: ASGIApp
    rules: Rules | None


class Gate:
    """The applications behind the log-in."""

    def __init__(self, mounted: list[Mounted], callers: Callers, engine: Engine) -> None:
        self._mounted = sorted(mounted, key=lambda one: len(one.prefix), reverse=True)
        self._callers, self._engine = callers, engine
        self.shares = Shares()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] not in ("http", "websocket"):
            await self._mounted[-1].application(scope, receive, send)
            return
        scope = {**scope, "headers": without_principal(scope["headers"])}
        path: str = scope["path"]
        if "\\" in path or any(part in ("..", ".") for part in path.split("/")) or "//" in path:
            await _answer(Refused(400, "The address can be read as two."), scope, receive, send)
            return
        mounted = next((one for one in self._mounted if path == one.prefix or path.startswith(f"{one.prefix}/")), None)
        if mounted is None:
            await _answer(Refused(404, "There is nothing here."), scope, receive, send)
            return
        credentials = self._callers.credentials(several(scope["headers"]))
        try:
            principal = await self._callers.principal(credentials)
        except SQLAlchemyError as error:
            _LOG.error("Nobody can be known:\n%s", described(error))
            await _answer(Refused(503, _AWAY), scope, receive, send)
            return
        if principal is not None:
            scope = with_principal(scope, principal)
        if mounted.rules is None:
            await mounted.application(scope, receive, send)
            return
        if principal is None:
            await _log_in_first(scope, receive, send)
            return
        scope["headers"] = self._callers.without_credentials(scope["headers"])
        caller = _Caller(self, principal, credentials, scope, mounted)
        if scope["type"] == "websocket":
            try:
                with self.shares.socket(principal.name):
                    await guarded(mounted.application, scope, receive, self._sending(send), caller)
            except Refused as refused:
                await _answer(refused, scope, receive, send)
        else:
            await caller.request(receive, self._sending(send))

    def _sending(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                headers = self._callers.without_ours(message.get("headers", ()))
                if message["type"] == "http.response.start":
                    headers = _for_them_alone(headers)
                message = {**message, "headers": headers}
            await send(message)

        return sending

    async def note(
        self,
        principal: Principal,
        what: str,
        scope: Mapping[str, Any],
        outcome: audit.Outcome,
        status: int | None = None,
    ) -> int:
        """Write an entry of the audit log.

        Raises:
            Refused: that is not possible now.
        """
        told = (principal.name, what, scope["path"], address_of(scope), outcome, status)
        try:
            return await asyncio.to_thread(audit.note, self._engine, *told)
        except SQLAlchemyError as error:
            _LOG.error("The audit log cannot be written:\n%s", described(error))
            raise Refused(503, _AWAY) from None

    async def complete(self, number: int, status: int) -> None:
        """Add what was answered to an entry, where that is possible."""
        try:
            await asyncio.to_thread(audit.complete, self._engine, number, status)
        except SQLAlchemyError as error:
            _LOG.error("The audit log could not be completed:\n%s", described(error))

    async def holds(self, credentials: Credentials, principal: Principal) -> bool:
        """Whether credentials are still of the same principal, with the same rights; not where that cannot be known."""
        try:
            return await self._callers.principal(credentials) == principal
        except SQLAlchemyError:
            return False


class _Caller:
    """Somebody known, on one connection."""

    def __init__(
        self, gate: Gate, principal: Principal, credentials: Credentials, scope: Scope, mounted: Mounted
    ) -> None:
        self._gate, self._principal, self._credentials = gate, principal, credentials
        self._scope, self._mounted = scope, mounted
        rules = mounted.rules
        if rules is None:
            raise LookupError("An application without rules asks nobody who they are.")
        self._rules = rules

    async def request(self, receive: Receive, send: Send) -> None:
        """Serve a request as far as they may."""
        scope = self._scope
        try:
            need, body = await self._needed(receive)
            entry = await self.allowed(need)
        except Refused as refused:
            await _answer(refused, scope, receive, send)
            return
        if need.sent is not None:
            scope, receive = _with_json(scope, need.sent), replayed(need.sent, receive)
        elif body is not None:
            receive = replayed(body, receive)
        status: int | None = None

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            whole = await while_let_in(self._mounted.application(scope, receive, sending), self)
            if not whole and status is None:
                await _answer(Refused(401, "Log in again."), scope, receive, sending)
        finally:
            if entry is not None and status is not None:
                await asyncio.shield(self._gate.complete(entry, status))

    async def _needed(self, receive: Receive) -> tuple[Need, bytes | None]:
        scope = self._scope
        types = several(scope["headers"]).get(b"content-type", [b""])
        path = scope["path"][len(self._mounted.prefix) :]
        told = Request(scope["method"], path, scope.get("query_string", b""), types[0].decode("latin-1"))
        if not self._rules.reads(told):
            return await self._need(lambda: self._rules.request(told)), None
        body = b""
        while True:
            # The layer before has gathered it within its limit.
            message = await receive()
            if message["type"] != "http.request":
                raise Refused(400, "The body ended early.")
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        return await self._need(lambda: self._rules.request(replace(told, body=body))), body

    async def _need(self, rule: Callable[[], Need]) -> Need:
        """What a rule says; what it does for nobody is noted, too."""
        try:
            return rule()
        except Refused as refused:
            what = self._scope.get("method", "message")
            await self._gate.note(self._principal, what, self._scope, "refused", refused.status)
            raise

    async def message(self, message: str | bytes) -> str | bytes:
        """What is handed on of a websocket's message.

        Raises:
            Refused: they may not send it.
        """
        await self._gate.shares.turn(self._principal.name)
        need = await self._need(lambda: self._rules.message(message))
        await self.allowed(need)
        return message if need.sent is None else need.sent.decode()

    async def allowed(self, need: Need) -> int | None:
        """The number of the entry in the audit log, of what is to be noted.

        Raises:
            Refused: they may not.
        """
        if not self._principal.may(need.role):
            await self._gate.note(self._principal, need.what or "read", self._scope, "refused", 403)
            raise Refused(403, f"This is for the role {need.role}, which {self._principal.name} has not.")
        return None if need.what is None else await self._gate.note(self._principal, need.what, self._scope, "allowed")

    async def holds(self) -> bool:
        """Whether they are still let in, as they were."""
        return await self._gate.holds(self._credentials, self._principal)


def address_of(scope: Mapping[str, Any]) -> str:
    """Where a request is from."""
    client = scope.get("client")
    return client[0] if client else ""


def _for_them_alone(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers of an answer that say how long it is kept: where it does not itself, by nobody, pages' parts apart."""
    told = {name.lower(): value for name, value in headers}
    if b"cache-control" in told:
        return headers
    public = told.get(b"content-type", b"").startswith(_NO_SECRETS)
    return [*headers, (b"cache-control", b"private" if public else b"no-store")]


def _with_json(scope: Scope, body: bytes) -> Scope:
    named = (b"content-type", b"content-length", b"transfer-encoding", b"content-encoding")
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in named]
    told = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return {**scope, "headers": headers + told, "query_string": b""}


async def _log_in_first(scope: Scope, receive: Receive, send: Send) -> None:
    accepted = b",".join(several(scope.get("headers", [])).get(b"accept", []))
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS and b"text/html" in accepted:
        query = scope.get("query_string", b"").decode("latin-1")
        asked = quote(scope["path"] + (f"?{query}" if query else ""), safe="")
        answer: Response = RedirectResponse(f"{LOG_IN}?next={asked}", 303, {"Cache-Control": "no-store"})
        await answer(scope, receive, send)
        return
    await _answer(Refused(401, f"Log in at {LOG_IN}, or send an API key as a Bearer token."), scope, receive, send)


async def _answer(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted, this is an answer 403.
        await send({"type": "websocket.close", "code": 1008, "reason": refused.sentence})
        return
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tributary"'
    kinds = several(scope["headers"]).get(b"content-type", [b""])
    if b"json" in kinds[0]:
        # As GraphQL tells of errors, so that what is asked by a page is shown by it.
        told = {"data": None, "errors": [{"message": refused.sentence}]}
        answer: Response = JSONResponse(told, refused.status, headers)
    else:
        answer = PlainTextResponse(f"{refused.sentence}\n", refused.status, headers)
    await answer(scope, receive, send)
