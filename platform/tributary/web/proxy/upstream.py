"""A server behind the one address, as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
from joserfc.jwk import OctKey
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from tributary.identity.signing import HEADER, signed
from tributary.launcher.services import KEPT_SECONDS
from tributary.resources.gateway.bodies import has_body
from tributary.resources.principal import principal_of
from tributary.web.proxy.headers import Headers, for_client, for_upstream, target_of
from tributary.web.proxy.sockets import relay

_AWAY = "This part does not answer at this moment: `tributary status` and /v1/health say more.\n"
_CONNECT_SECONDS = 5.0
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEPT_SECONDS)

_ENDED = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
"""How it shows that a server ended a connection at the moment at which it was used."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""What a proxy may send again by itself (RFC 9110, 9.2.2)."""


class _Gone(Exception):
    """The client went before its body was whole."""


class Upstream:
    """Hands everything on to one server.

    Args:
        name: what the principal is signed for.
        origin: where it listens, as `http://127.0.0.1:3000`; it serves the same paths as the one address.
        key: signs who asks.
    """

    def __init__(self, name: str, origin: str, key: OctKey) -> None:
        self._name, self._origin, self._key = name, origin, key
        self._client: httpx2.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        who = (HEADER, signed(principal_of(scope), self._name, self._key))
        headers = [*for_upstream(scope, self._origin), who]
        if scope["type"] == "websocket":
            await relay(f"{self._origin}{target_of(scope)}".replace("http", "ws", 1), headers, scope, receive, send)
        else:
            await self._while_there(headers, scope, receive, send)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _while_there(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and give it up when its client goes: some answers have no end."""
        whole = asyncio.Event()
        handed_on = asyncio.ensure_future(self._request(headers, whole, scope, receive, send))
        gone = asyncio.ensure_future(_gone(receive, whole))
        try:
            await asyncio.wait({handed_on, gone}, return_when=asyncio.FIRST_COMPLETED)
            if handed_on.done():
                handed_on.result()
        finally:
            handed_on.cancel()
            gone.cancel()
            await asyncio.gather(handed_on, gone, return_exceptions=True)

    async def _request(
        self, headers: Headers, whole: asyncio.Event, scope: Scope, receive: Receive, send: Send
    ) -> None:
        client = self._client = self._client or httpx2.AsyncClient(
            # An answer may take as long as it takes; whether the server is well is the launcher's matter.
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            limits=_LIMITS,
            trust_env=False,
            follow_redirects=False,
        )
        sent = has_body(dict(scope["headers"]))
        if not sent:
            whole.set()
        body = _body(receive, whole) if sent else None
        request = httpx2.Request(scope["method"], self._origin + target_of(scope), headers=headers, content=body)
        try:
            answer = await _sent(client, request, again=not sent and request.method in _SAFE)
        except _Gone:
            return
        except httpx2.TransportError:
            await PlainTextResponse(_AWAY, 502)(scope, receive, send)
            return
        try:
            start = {"type": "http.response.start", "status": answer.status_code}
            await send({**start, "headers": for_client(answer.headers.raw, self._origin)})
            # As it came, so that what is compressed stays so. An answer that breaks off is not ended in order here.
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()


async def _sent(client: httpx2.AsyncClient, request: httpx2.Request, *, again: bool) -> httpx2.Response:
    """The beginning of an answer, asked for once more where `again` and the connection ended without one."""
    try:
        return await client.send(request, stream=True)
    except _ENDED:
        if not again:
            raise
        return await client.send(request, stream=True)


async def _body(receive: Receive, whole: asyncio.Event) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _Gone
        if part := message.get("body", b""):
            yield part
        if not message.get("more_body", False):
            whole.set()
            return


async def _gone(receive: Receive, whole: asyncio.Event) -> None:
    """Returns when the client is gone; its body is read to the end first, by whoever hands it on."""
    await whole.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
