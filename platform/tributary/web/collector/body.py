"""Reading a request's body: bounded in what is received and in what it unpacks to."""

from __future__ import annotations

import zlib

from starlette.types import Receive

from tributary.web.collector.errors import RequestRefused

_GZIP = zlib.MAX_WBITS | 16

DRAINED_BYTES = 4_000_000
"""So much of a body that is too large is read and thrown away. Most senders look for the answer only after they have
sent all, and would see a broken connection instead of the reason."""


async def read_body(receive: Receive, encoding: str, limit: int) -> bytes:
    """The body, unpacked where `encoding` (the header Content-Encoding) says gzip.

    Raises:
        RequestRefused: 413 above `limit` bytes, packed or unpacked; 415 for another encoding; 400 for a broken body.
    """
    parts: list[bytes] = []
    size = 0
    while size <= DRAINED_BYTES:
        event = await receive()
        if event["type"] != "http.request":
            raise RequestRefused(400, "incomplete", "The connection ended before the body did.")
        part = event.get("body", b"")
        size += len(part)
        if size <= limit:
            parts.append(part)
        if not event.get("more_body", False):
            break
    if size > limit:
        raise _too_large(limit)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    if encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip"):
        return _unpacked(body, limit)
    raise RequestRefused(415, "unsupported_encoding", "The body's encoding is not known; send it plain or as gzip.")


def _unpacked(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(_GZIP)
    try:
        # One byte more than allowed tells a body that is too large from one that just fits.
        found = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise _not_gzip() from None
    if len(found) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise _not_gzip()
    return found


def _too_large(limit: int) -> RequestRefused:
    return RequestRefused(413, "too_large", f"The body is above {limit} bytes; send fewer or smaller messages at once.")


def _not_gzip() -> RequestRefused:
    return RequestRefused(400, "invalid_body", "The body is not one whole gzip stream, as its encoding says.")
