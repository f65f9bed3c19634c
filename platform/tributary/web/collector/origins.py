"""The collector's answers to web pages of other origins: any page may send events, since its key says who it is.

A browser's beacon goes with credentials, and then takes no wildcard, so that the page's origin is named. Nothing here
depends on credentials other than the write key: a page learns nothing from an answer that it did not send itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tributary.web.collector.answers import METHODS, Answer, Headers

_NAMES = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,500}")
_USUAL_HEADERS = b"Authorization, Content-Type, Content-Encoding, X-Retry-Count"


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
