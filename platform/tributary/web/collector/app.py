"""The collector as an ASGI application: which address takes what, and the way of a request through it.

One bad message does not cost a batch its good ones: Segment's libraries throw a batch away that is answered with 400,
so the good ones are taken, and the answer names the others, each with its reason. Only a batch without a single good
message is answered with 400. Refused messages of a batch go into the stream as such: libraries do not read the answer,
so the quarantine, where the lake's reader puts them, is the one place where somebody will look. The answer 200 is given
when all that was taken is durable.
"""

from __future__ import annotations

import logging
from typing import Any

from starlette.types import Receive, Scope, Send

from resources.stream import EventStream, Record, StreamError
from tributary.web.collector import answers
from tributary.web.collector.answers import Answer
from tributary.web.collector.body import read_body
from tributary.web.collector.commits import Commits
from tributary.web.collector.errors import MessageRefused, RequestRefused
from tributary.web.collector.messages import Arrival, completed, read, refused
from tributary.web.collector.requests import limit_of, read_batch, read_single
from tributary.web.collector.rules import KINDS
from tributary.web.collector.times import now
from tributary.web.collector.write_key import WriteKey

HEALTH = "/v1/health"
BATCHES = ("/v1/batch", "/v1/import", "/v1/b")
# analytics.js calls each kind by its first letter.
_KIND_OF = dict.fromkeys(BATCHES) | {f"/v1/{name}": kind for kind in KINDS for name in (kind, kind[0])}

_logger = logging.getLogger(__name__)


class Collector:
    """Takes Segment's calls under `/v1` and puts them into `stream`; mounted there, or served alone.

    The stream stays its opener's to close, after the server has answered its last request. One event loop at a time.
    """

    def __init__(self, stream: EventStream, write_key: str) -> None:
        self._commits = Commits(stream)
        self._key = WriteKey(write_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's event, as ASGI has it."""
        if scope["type"] == "http":
            given = await self._answer(scope, receive)
            await send({"type": "http.response.start", "status": given.status, "headers": given.headers})
            await send({"type": "http.response.body", "body": given.body})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            # Nothing is to be done at start and end; a server that gets no answer to that goes on.
            raise NotImplementedError(scope["type"])

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"].rstrip("/"), scope["method"]
        if path == HEALTH:
            return answers.HEALTHY if method in ("GET", "HEAD") else answers.not_allowed(b"GET")
        if path not in _KIND_OF:
            return answers.NOT_FOUND
        if method == "OPTIONS":
            return answers.PREFLIGHT
        if method != "POST":
            return answers.not_allowed(b"POST, OPTIONS")
        try:
            return await self._take(_KIND_OF[path], scope, receive)
        except RequestRefused as refusal:
            return answers.refused(refusal)
        except StreamError as error:
            _logger.log(logging.WARNING if error.retryable else logging.ERROR, "Events were not taken: %s", error)
            return answers.failed(error)

    async def _take(self, kind: str | None, scope: Scope, receive: Receive) -> Answer:
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"")
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        body = await read_body(receive, encoding, limit_of(kind))
        client = scope["client"]
        channel, ip = "server" if authorization else "client", client[0] if client else None
        if kind is not None:
            return await self._take_single(kind, body, authorization, Arrival(now(), channel, ip))
        batch = read_batch(body)
        self._key.check(authorization, batch.write_key)
        arrival = Arrival(now(), channel, ip, batch.sent_at, batch.context or {}, batch.integrations or {})
        records: list[Record] = []
        rejections: list[dict[str, Any]] = []
        for index, message in enumerate(batch.batch):
            try:
                records.append(completed(read(message), arrival))
            except MessageRefused as refusal:
                rejections.append({"index": index, "reason": str(refusal)})
                records.append(refused(message, str(refusal), arrival))
        if records:
            await self._commits.put(records)
        if not rejections:
            return answers.ACCEPTED
        _logger.warning(
            "%d of %d messages of a batch were not taken; the first: %s",
            len(rejections),
            len(batch.batch),
            rejections[0]["reason"],
        )
        return answers.rejected(rejections, all_of_them=len(rejections) == len(batch.batch))

    async def _take_single(self, kind: str, body: bytes, authorization: bytes, arrival: Arrival) -> Answer:
        message = read_single(body)
        self._key.check(authorization, message.get("writeKey"))
        try:
            record = completed(message, arrival, kind)
        except MessageRefused as refusal:
            raise RequestRefused(400, "invalid_message", f"The message cannot be taken: {refusal}") from None
        await self._commits.put([record])
        return answers.ACCEPTED
