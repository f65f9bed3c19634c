"""The way of a request's events: read, judged one by one, completed, made durable.

One odd value does not cost a batch its good messages: Segment's libraries throw a batch away that is answered with 400,
so the good ones are taken, and the answer names the others, each with its reason. Only a batch without a single good
message is answered with 400. What is refused to a sender who knows the key goes into the stream as such: libraries do
not read the answer, so the quarantine, where the lake's reader puts it, is the one place where somebody will look. The
answer 200 is given when all that was taken is durable.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope

from tributary.resources.gateway.bodies import announced
from tributary.resources.segment.errors import BadMessage
from tributary.resources.stream import EventStream, Record
from tributary.web.collector import answers
from tributary.web.collector.answers import Answer, RequestRefused
from tributary.web.collector.body import read_body, unpacked
from tributary.web.collector.commits import Commits
from tributary.web.collector.messages import MAX_MESSAGE_BYTES, Arrival, completed, now, read, refused
from tributary.web.collector.requests import MAX_BATCH_BYTES, Batch, key_in, read_batch
from tributary.web.collector.write_key import WriteKey, wrong_key

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """What a request says beside its body; `kind` is that of its address, None where that takes batches.

    `announced` are the bytes of the body by its header, 0 where it does not say.
    """

    kind: str | None
    authorization: bytes
    query: bytes
    encoding: str
    channel: str
    ip: str | None
    announced: int = 0

    @staticmethod
    def of(kind: str | None, scope: Scope, headers: Mapping[bytes, bytes]) -> Request:
        """The request of an ASGI scope. Pages of a browser are told by the origin that it names."""
        authorization, client = headers.get(b"authorization", b""), scope["client"]
        return Request(
            kind,
            authorization,
            scope["query_string"],
            headers.get(b"content-encoding", b"").decode("latin-1").strip().lower(),
            "server" if authorization and b"origin" not in headers else "client",
            client[0] if client else None,
            announced(headers),
        )


class Taking:
    """Takes requests of senders who know `key`, and puts their events into `stream`."""

    def __init__(self, stream: EventStream, key: WriteKey) -> None:
        self._commits = Commits(stream)
        self._key = key

    async def take(self, request: Request, receive: Receive) -> Answer:
        """The answer to a request.

        Raises:
            RequestRefused: nothing of it was taken.
            StreamError: not all of it is durable.
        """
        known = self._key.is_in(request.authorization, request.query)
        body = await read_body(receive, MAX_BATCH_BYTES, request.announced)
        arrival = Arrival(now(), request.channel, request.ip)
        try:
            body = unpacked(body, request.encoding, MAX_BATCH_BYTES)
            if request.kind is None:
                return await self._take_batch(read_batch(body), known, arrival)
            return await self._take_single(request.kind, body, known, arrival)
        except RequestRefused as refusal:
            if refusal.status != 401 and (known or self._key.is_key(key_in(body))):
                await self._commits.put([self._refused(body, str(refusal), arrival)])
            raise

    async def _take_single(self, kind: str, body: bytes, known: bool, arrival: Arrival) -> Answer:
        if len(body) > MAX_MESSAGE_BYTES:
            raise RequestRefused(413, "too_large", f"The body is above {MAX_MESSAGE_BYTES} bytes; send a smaller one.")
        try:
            message = read(body)
        except BadMessage as bad:
            raise RequestRefused(400, "invalid_body", f"The body cannot be read: {bad}.") from None
        if not (known or self._key.is_key(message.get("writeKey"))):
            raise wrong_key()
        try:
            record = completed(message, arrival, kind)
        except BadMessage as bad:
            raise RequestRefused(400, "invalid_message", f"The message cannot be taken: {bad}.") from None
        await self._commits.put([record])
        return answers.ACCEPTED

    async def _take_batch(self, batch: Batch, known: bool, arrival: Arrival) -> Answer:
        if not (known or self._key.is_key(batch.write_key)):
            raise wrong_key()
        shared = Arrival(
            arrival.received,
            arrival.channel,
            arrival.ip,
            batch.sent_at,
            batch.sent,
            batch.context,
            batch.integrations,
        )
        records: list[Record] = []
        rejections: list[dict[str, Any]] = []
        for index, message in enumerate(batch.messages):
            try:
                records.append(completed(read(message), shared))
            except BadMessage as bad:
                rejections.append({"index": index, "reason": f"{bad}."})
                records.append(self._refused(message, f"{bad}.", arrival))
        none_good = len(rejections) == len(batch.messages) > 0
        for part in batch.odd:
            rejections.append({"field": part.field, "reason": f"{part.reason}."})
            reason = f"the batch was taken without this part: {part.reason}."
            records.append(self._refused(part.data, reason, arrival))
        if records:
            await self._commits.put(records)
        if not rejections:
            return answers.ACCEPTED
        first = rejections[0]["reason"]
        _logger.warning(
            "%d of %d messages of a batch were not taken; the first: %s",
            len(rejections) - len(batch.odd),
            len(batch.messages),
            first,
        )
        if not none_good:
            return answers.rejected(rejections)
        return answers.all_rejected("invalid_message" if batch.is_json else "invalid_body", rejections)

    def _refused(self, data: bytes, reason: str, arrival: Arrival) -> Record:
        return refused(self._key.hide_in(data), reason, arrival)
