"""The collector's answers, as JSON. What lets the pages of other origins read them is in `origins`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tributary.resources.stream import StreamError
from tributary.web.collector.errors import RequestRefused

Headers = list[tuple[bytes, bytes]]

RETRY_AFTER_SECONDS = 2
"""What a sender is asked to wait while the stream does not take events."""

METHODS = b"GET, POST, OPTIONS"


@dataclass(frozen=True)
class Answer:
    """A whole answer; `headers` has all that neither the server nor `origins` adds."""

    status: int
    body: bytes
    headers: Headers


def answer(status: int, content: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    """An answer with `content` as JSON."""
    body = msgspec.json.encode(content)
    own = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Answer(status, body, [*own, *headers])


ACCEPTED = answer(200, {"success": True})
HEALTHY = answer(200, {"status": "ok"})
NOT_FOUND = answer(404, {"success": False, "code": "not_found", "message": "There is nothing at this address."})


def not_allowed(methods: bytes) -> Answer:
    """The answer to a method that the address does not take."""
    content = {"success": False, "code": "method_not_allowed", "message": f"Use {methods.decode()} here."}
    return answer(405, content, [(b"allow", methods)])


def refused(refusal: RequestRefused) -> Answer:
    """The answer to a request that was not taken."""
    # What is left of a body that is too large is not read.
    headers = [(b"connection", b"close")] if refusal.status == 413 else []
    return answer(refusal.status, {"success": False, "code": refusal.code, "message": str(refusal)}, headers)


def rejected(rejections: Sequence[Mapping[str, Any]]) -> Answer:
    """The answer to a batch of which messages (by their `index`) or other parts (by their `field`) were not taken."""
    return answer(200, {"success": True, "rejected": rejections})


def all_rejected(code: str, rejections: Sequence[Mapping[str, Any]]) -> Answer:
    """The answer to a batch of which no message was taken."""
    message = "No message of the batch can be taken; the reasons stand beside."
    return answer(400, {"success": False, "code": code, "message": message, "rejected": rejections})


def failed(error: StreamError) -> Answer:
    """The answer when the stream did not take the events: the sender keeps them and tries again."""
    if not error.retryable:
        content = {"success": False, "code": "failed", "message": "The collector cannot store events at the moment."}
        return answer(500, content)
    content = {"success": False, "code": "unavailable", "message": "Events cannot be taken now; send them again later."}
    return answer(503, content, [(b"retry-after", b"%d" % RETRY_AFTER_SECONDS)])
