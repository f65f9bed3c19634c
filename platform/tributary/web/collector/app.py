"""The collector as an ASGI application: which address takes what. How events are taken is in `taking`."""

from __future__ import annotations

import logging
import re

from starlette.types import Receive, Scope, Send

from tributary.resources.gateway.bodies import announced, linger
from tributary.resources.segment.kinds import KINDS
from tributary.resources.stream import EventStream, StreamError
from tributary.web.collector import answers
from tributary.web.collector.answers import Answer, RequestRefused, browser_settings, preflight, readable_by
from tributary.web.collector.body import DRAINED_BYTES
from tributary.web.collector.taking import Request, Taking
from tributary.web.collector.write_key import WriteKey, wrong_key

HEALTH = "/v1/health"
BATCHES = ("/v1/batch", "/v1/import", "/v1/b")
# analytics.js calls each kind by its first letter.
_KIND_OF = dict.fromkeys(BATCHES) | {f"/v1/{name}": kind for kind in KINDS for name in (kind, kind[0])}
_SETTINGS = re.compile(r"/v1/projects/([^/]+)/settings")
_SLASHES = re.compile("//+")

_logger = logging.getLogger(__name__)


def normal_path(path: str) -> str:
    """The path with single slashes and none at its end: senders join `http://host/` and `/v1/import/`."""
    return (_SLASHES.sub("/", path) if "//" in path else path).rstrip("/")


class Collector:
    """Takes Segment's calls under `/v1` and puts them into `stream`; mounted there, or served alone.

    The stream stays its opener's to close, after the server has answered its last request. One event loop at a time.
    """

    def __init__(self, stream: EventStream, write_key: str) -> None:
        self._key = WriteKey(write_key)
        self._taking = Taking(stream, self._key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            given = await self._answer(scope, headers, receive)
            start = {"type": "http.response.start", "status": given.status, "headers": readable_by(headers, given)}
            await send(start)
            unread = given.status == 413 and announced(headers) > DRAINED_BYTES
            await send({"type": "http.response.body", "body": given.body, "more_body": unread})
            if unread:
                await linger(receive)
                await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            # Nothing is to be done at start and end; a server that gets no answer to that goes on.
            raise NotImplementedError(scope["type"])

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        path, method = normal_path(scope["path"]), scope["method"]
        if path in _KIND_OF:
            if method == "OPTIONS":
                return preflight(headers)
            if method != "POST":
                return answers.not_allowed(b"POST, OPTIONS")
            return await self._take(Request.of(_KIND_OF[path], scope, headers), receive)
        asked = _SETTINGS.fullmatch(path)
        if path != HEALTH and asked is None:
            return answers.NOT_FOUND
        if method == "OPTIONS" and asked is not None:
            return preflight(headers)
        if method not in ("GET", "HEAD"):
            return answers.not_allowed(b"GET")
        if asked is None:
            return answers.HEALTHY
        if not self._key.is_key(asked[1]):
            return answers.refused(wrong_key())
        return browser_settings(asked[1], scope["scheme"], headers.get(b"host", b"").decode("latin-1"))

    async def _take(self, request: Request, receive: Receive) -> Answer:
        try:
            return await self._taking.take(request, receive)
        except RequestRefused as refusal:
            return answers.refused(refusal)
        except StreamError as error:
            _logger.log(logging.WARNING if error.retryable else logging.ERROR, "Events were not taken: %s", error)
            return answers.failed(error)
