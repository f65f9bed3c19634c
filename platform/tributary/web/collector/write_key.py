"""Whether a sender may send: the write key, by basic authentication or in the body."""

from __future__ import annotations

import base64
import binascii
import hmac

from tributary.web.collector.errors import RequestRefused


class WriteKey:
    """The key that senders must know."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def check(self, authorization: bytes, in_body: object) -> None:
        """Compare the user's name of a basic `authorization`, or without one the body's key, in constant time.

        Raises:
            RequestRefused: 401.
        """
        given = _basic_user(authorization)
        if given is None:
            given = in_body.encode(errors="surrogatepass") if isinstance(in_body, str) else b""
        if not hmac.compare_digest(given, self._key):
            # Without WWW-Authenticate on purpose: with it, a browser would ask a page's visitor for a password.
            raise RequestRefused(
                401,
                "invalid_write_key",
                "The write key is missing or wrong; send it as the user of basic authentication, or as writeKey.",
            )


def _basic_user(authorization: bytes) -> bytes | None:
    """The user's name; None where the header is missing or of another scheme."""
    scheme, _, credentials = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return base64.b64decode(credentials.strip(), validate=True).partition(b":")[0]
    except binascii.Error:
        return b""
