"""The collector's answers: JSON, for any web page's script to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from resources.stream import StreamError
from tributary.web.collector.errors import RequestRefused

Headers = list[tuple[bytes, bytes]]

RETRY_AFTER_SECONDS = 2
"""What a sender is asked to wait while the stream does not take events."""

METHODS = b"GET, POST, OPTIONS"
_CORS: Headers = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", METHODS),
    # A wildcard would not cover Authorization.
    (b"access-control-allow-headers", b"Authorization, Content-Type, Content-Encoding, X-Retry-Count"),
    (b"access-control-max-age", b"86400"),
]


@dataclass(frozen=True)
class Answer:
    """A whole answer; `headers` has all that the server does not add itself."""

    status: int
    body: bytes
    headers: Headers


def answer(status: int, content: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    """An answer with `content` as JSON."""
    body = msgspec.json.encode(content)
    own = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Answer(status, body, [*own, *_CORS, *headers])


ACCEPTED = answer(200, {"success": True})
HEALTHY = answer(200, {"status": "ok"})
PREFLIGHT = Answer(204, b"", [*_CORS, *_PREFLIGHT])
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


def rejected(rejections: Sequence[Mapping[str, Any]], *, all_of_them: bool) -> Answer:
    """The answer to a batch with messages that were not taken, each by its `index` in the batch and a `reason`."""
    if not all_of_them:
        return answer(200, {"success": True, "rejected": rejections})
    message = "No message of the batch can be taken; the reasons stand beside."
    return answer(400, {"success": False, "code": "invalid_message", "message": message, "rejected": rejections})


def failed(error: StreamError) -> Answer:
    """The answer when the stream did not take the events: the sender keeps them and tries again."""
    if not error.retryable:
        content = {"success": False, "code": "failed", "message": "The collector cannot store events at the moment."}
        return answer(500, content)
    content = {"success": False, "code": "unavailable", "message": "Events cannot be taken now; send them again later."}
    return answer(503, content, [(b"retry-after", b"%d" % RETRY_AFTER_SECONDS)])
