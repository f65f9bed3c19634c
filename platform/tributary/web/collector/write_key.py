"""Whether a sender may send: the write key, by basic authentication, in the address or in the body."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qs

from tributary.web.collector.answers import RequestRefused


class WriteKey:
    """The key that senders must know."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def is_in(self, authorization: bytes, query: bytes = b"") -> bool:
        """Whether the user's name of a basic `authorization` is the key, or `writeKey` in the address."""
        return any(hmac.compare_digest(one, self._key) for one in (_basic_user(authorization), *_in_query(query)))

    def is_key(self, given: object) -> bool:
        """Whether it is the key; compared in constant time."""
        return isinstance(given, str) and hmac.compare_digest(given.encode(errors="surrogatepass"), self._key)

    def hide_in(self, data: bytes) -> bytes:
        """The data without the key."""
        return data.replace(self._key, b"(write key)") if self._key else data


def wrong_key() -> RequestRefused:
    """The refusal of a sender who does not know the key."""
    # Without WWW-Authenticate on purpose: with it, a browser would ask a page's visitor for a password.
    return RequestRefused(
        401,
        "invalid_write_key",
        "The write key is missing or wrong; send it as the user of basic authentication, or as writeKey.",
    )


def _basic_user(authorization: bytes) -> bytes:
    scheme, _, credentials = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(credentials.strip(), validate=True).partition(b":")[0]
    except binascii.Error:
        return b""


def _in_query(query: bytes) -> list[bytes]:
    if not query:
        return []
    return [one.encode(errors="surrogateescape") for one in parse_qs(query.decode("latin-1")).get("writeKey", [])]
