"""A websocket handed on: what either side says, until either ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tributary.web.proxy.headers import Headers

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of a message at most, which is uvicorn's own limit."""

_OPEN_SECONDS = 10.0
_GONE_AWAY, _TRY_LATER, _OWN_CODES = 1001, 1013, 3000
_LONGEST_REASON = 120


async def relay(url: str, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
    """Connect to `url` with what the client asks for, and hand on what both say."""
    if (await receive())["type"] != "websocket.connect":
        return
    told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name not in _OF_HANDSHAKE]
    origin = dict(headers).get(b"origin")
    try:
        upstream = await connect(
            url,
            additional_headers=told,
            origin=None if origin is None else origin.decode("latin-1"),  # type: ignore[arg-type]  # a str, as Origin is
            subprotocols=[Subprotocol(name) for name in scope.get("subprotocols", ())] or None,
            user_agent_header=None,
            compression=None,
            open_timeout=_OPEN_SECONDS,
            max_size=LARGEST_MESSAGE,
            max_queue=4,
            proxy=None,
        )
    except (OSError, TimeoutError, InvalidHandshake):
        # Before it is accepted, this is an answer 403.
        await send({"type": "websocket.close", "code": _TRY_LATER})
        return
    async with upstream:
        await send({"type": "websocket.accept", "subprotocol": upstream.subprotocol})
        sides = {
            asyncio.ensure_future(_from_client(receive, upstream)),
            asyncio.ensure_future(_from_upstream(upstream, send)),
        }
        try:
            await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)


_OF_HANDSHAKE = frozenset({b"host", b"origin", b"user-agent"})
"""Headers that the library writes itself."""


async def _from_client(receive: Receive, upstream: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            await upstream.send(text if text is not None else message.get("bytes") or b"")
        code = int(message.get("code") or 1000)
        await upstream.close(code if code == _GONE_AWAY or code >= _OWN_CODES else 1000)


async def _from_upstream(upstream: ClientConnection, send: Send) -> None:
    try:
        async for message in upstream:
            kind = "text" if isinstance(message, str) else "bytes"
            await send({"type": "websocket.send", kind: message})
    except ConnectionClosed:
        pass
    code = upstream.close_code
    reason = (upstream.close_reason or "")[:_LONGEST_REASON]
    # The client may have gone meanwhile.
    with suppress(RuntimeError, OSError):
        await send(
            {"type": "websocket.close", "code": _GONE_AWAY if code in (None, 1005, 1006) else code, "reason": reason}
        )
