"""Reading a request's body: bounded in what is received and in what it unpacks to."""

from __future__ import annotations

import zlib

from starlette.types import Receive

from tributary.web.collector.answers import RequestRefused

_GZIP = zlib.MAX_WBITS | 16
_MAGIC = b"\x1f\x8b"
"""How gzip begins, and no JSON does: senders behind a proxy may lose the header that says so."""

DRAINED_BYTES = 4_000_000
"""So much of a body that is too large is read and thrown away. Most senders look for the answer only after they have
sent all, and would see a broken connection instead of the reason."""


async def read_body(receive: Receive, limit: int, announced: int = 0) -> bytes:
    """The body as it was sent, of `announced` bytes by its header (0 where it does not say).

    Raises:
        RequestRefused: 413 above `limit` bytes, unread where more than `DRAINED_BYTES` are announced; 400 where the
            connection ends before the body does.
    """
    if announced > DRAINED_BYTES:
        raise too_large(limit)
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
        raise too_large(limit)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body, unpacked where it is gzip, as `encoding` (the header Content-Encoding) says or its first bytes do.

    Raises:
        RequestRefused: 413 where it unpacks to more than `limit` bytes; 415 for another encoding; 400 for a broken one.
    """
    if encoding in ("", "identity") and not body.startswith(_MAGIC):
        return body
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise RequestRefused(415, "unsupported_encoding", "The body's encoding is not known; send it plain or as gzip.")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        # One byte more than allowed tells a body that is too large from one that just fits.
        found = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise _not_gzip() from None
    if len(found) > limit:
        raise too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise _not_gzip()
    return found


def too_large(limit: int) -> RequestRefused:
    """The refusal of a body above `limit` bytes."""
    return RequestRefused(413, "too_large", f"The body is above {limit} bytes; send fewer or smaller messages at once.")


def _not_gzip() -> RequestRefused:
    return RequestRefused(400, "invalid_body", "The body is not one whole gzip stream, as its encoding says.")
