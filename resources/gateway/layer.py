"""The ASGI layer: applies the decision to each request before its application sees it."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tributary.resources.gateway.bodies import (
    Disconnected,
    Gathering,
    NoRoom,
    TooLarge,
    announced,
    has_body,
    linger,
    replayed,
)
from tributary.resources.gateway.decision import Policy, Refusal, refusal

_FRAMED = (b"x-frame-options", b"SAMEORIGIN")
"""A page of another site that shows one of ours in a frame could have its visitor press our buttons."""

_POLICY_VIOLATION = 1008


class Gateway:
    """An application behind a policy."""

    def __init__(self, application: ASGIApp, policy: Policy) -> None:
        self._application = application
        self._policy = policy
        self._gathering = Gathering()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        refused = refusal(scope, self._policy)
        if scope["type"] == "websocket":
            await self._websocket(refused, scope, receive, send)
            return
        if refused is not None:
            await _answer(refused, scope, receive, send)
            return
        await self._request(scope, receive, send)

    async def _websocket(self, refused: Refusal | None, scope: Scope, receive: Receive, send: Send) -> None:
        if refused is None:
            await self._application(scope, receive, send)
        else:
            # Before it is accepted, this is an answer 403.
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refused.sentence})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        largest = self._policy.largest_body(scope["path"])
        if largest is None:
            await self._application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if has_body(headers):
            try:
                if announced(headers) > largest:
                    raise TooLarge
                receive = replayed(await self._gathering.whole(receive, largest), receive)
            except TooLarge:
                await _answer(Refusal(413, f"A body has {largest} bytes here at most."), scope, receive, send)
                return
            except NoRoom:
                await _answer(Refusal(503, "Too much is being sent at once: send it again."), scope, receive, send)
                return
            except Disconnected:
                return
        await self._application(scope, receive, _framed(send))


def _framed(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            if not any(name.lower() == _FRAMED[0] for name, _ in headers):
                headers.append(_FRAMED)
            message = {**message, "headers": headers}
        await send(message)

    return sending


async def _answer(refused: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    body = f"{refused.sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        *refused.headers,
    ]
    unread = has_body(dict(scope["headers"]))
    if unread:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": unread})
    if unread:
        await linger(receive)
        await send({"type": "http.response.body", "body": b""})
