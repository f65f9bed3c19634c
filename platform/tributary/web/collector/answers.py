"""The collector's answers: JSON, and what lets the pages of other origins read it and browsers begin.

Any page may send events, since its key says who it is. A browser's beacon goes with credentials, and then takes no
wildcard, so that the page's origin is named. Nothing here depends on credentials other than the write key: a page
learns nothing from an answer that it did not send itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tributary.resources.errors import TributaryError
from tributary.resources.stream import StreamError

Headers = list[tuple[bytes, bytes]]

RETRY_AFTER_SECONDS = 2
"""What a sender is asked to wait while the stream does not take events."""

METHODS = b"GET, POST, OPTIONS"

_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,500}")
_USUAL_HEADERS = b"Authorization, Content-Type, Content-Encoding, X-Retry-Count"


class RequestRefused(TributaryError):
    """The request is not taken: `status` is HTTP's, `code` is for programs, the sentence for the sender's people.

    No sentence holds anything of what was sent.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class Answer:
    """A whole answer; `headers` has all that neither the server nor `readable_by` adds."""

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


def browser_settings(write_key: str, scheme: str, host: str) -> Answer:
    """The settings for senders who reach the collector at `host` (with its port), over http or https.

    The form is that of Segment's own answer, as https://github.com/segmentio/analytics-next reads it (`CDNSettings`).
    """
    destination: Mapping[str, object] = {
        "apiKey": write_key,
        "apiHost": f"{host}/v1",
        "protocol": scheme,
        "type": "browser",
        "versionSettings": {"componentTypes": ["browser"]},
        "bundlingStatus": "bundled",
        "unbundledIntegrations": [],
        "addBundledMetadata": False,
        "maybeBundledConfigIds": {},
    }
    content = {
        "integrations": {"Segment.io": destination},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}, "identify": {}, "group": {}},
        "edgeFunction": {},
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "analyticsNextEnabled": True,
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
        # Otherwise the libraries tell Segment how they fare.
        "metrics": {"sampleRate": 0, "host": f"{host}/v1"},
    }
    return answer(200, content, [(b"cache-control", b"no-cache")])


def readable_by(headers: Mapping[bytes, bytes], answer: Answer) -> Headers:
    """The headers of an answer, with those that let the page that asked read it."""
    origin = headers.get(b"origin")
    if origin is None:
        return [*answer.headers, (b"access-control-allow-origin", b"*")]
    return [
        *answer.headers,
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def preflight(headers: Mapping[bytes, bytes]) -> Answer:
    """The answer to a browser's question whether a page may send, also one of a public network to a private one."""
    asked = headers.get(b"access-control-request-headers", b"")
    given: Headers = [
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", asked if _NAMES.fullmatch(asked) else _USUAL_HEADERS),
        (b"access-control-max-age", b"86400"),
    ]
    if headers.get(b"access-control-request-private-network") == b"true":
        given.append((b"access-control-allow-private-network", b"true"))
    return Answer(204, b"", given)
