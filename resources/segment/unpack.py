"""Objects unpacked: gzip is known by its first two bytes, since a name may say anything."""

from __future__ import annotations

import zlib
from typing import NamedTuple

MAGIC = b"\x1f\x8b"
MOST_BYTES = 1 << 30
"""An object that unpacks to more is cut there: Firehose buffers 128 MB at most, so more is an accident or an attack."""

_STEP = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


class Unpacked(NamedTuple):
    """`data` is what could be unpacked; `tail` the packed bytes after it that gave nothing, and the `reason` why.

    `reason` may stand without a tail: of a stream that was cut off, every byte may have given something.
    """

    data: bytes
    tail: bytes = b""
    reason: str = ""


def unpack(data: bytes, most: int = MOST_BYTES) -> Unpacked:
    """The object without its gzip, of one member or several; anything else as it is. Never raises."""
    if not data.startswith(MAGIC):
        return Unpacked(data)
    parts: list[bytes] = []
    room, rest = most, data
    while rest.startswith(MAGIC):
        part, used, reason = _member(rest, room)
        parts.append(part)
        room, rest = room - len(part), rest[used:]
        if reason:
            return Unpacked(b"".join(parts), rest, reason)
    # Padding with zeros after the last member is allowed by common tools and means nothing.
    reason = "what follows the gzip data is not gzip" if rest.strip(b"\0") else ""
    return Unpacked(b"".join(parts), rest if reason else b"", reason)


def _member(data: bytes, room: int) -> tuple[bytes, int, str]:
    """One member, unpacked as far as it goes; how many packed bytes gave that; and what is wrong with it."""
    inflate = before = zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    size = position = begun = 0
    while position < len(data) and not inflate.eof:
        before, begun = inflate.copy(), position
        try:
            part = inflate.decompress(data[position : position + _STEP], room - size + 1)
        except zlib.error:
            last, used = _bytewise(before, data, position)
            return b"".join([*parts, last]), used, "the gzip data is damaged"
        if size + len(part) > room:
            return b"".join(parts), position, "it unpacks to more than can be taken"
        parts.append(part)
        size += len(part)
        position = min(position + _STEP, len(data)) - len(inflate.unused_data)
    if inflate.eof:
        return b"".join(parts), position, ""
    return b"".join(parts), _bytewise(before, data, begun)[1], "the gzip data is cut short"


def _bytewise(inflate: zlib._Decompress, data: bytes, position: int) -> tuple[bytes, int]:
    """What is unpacked from `position` to the fault or the end, and how far the bytes go that gave it.

    A failed call loses what came before the fault, hence byte by byte.
    """
    parts: list[bytes] = []
    used = position
    for at in range(position, len(data)):
        try:
            part = inflate.decompress(data[at : at + 1])
        except zlib.error:
            break
        if part:
            parts.append(part)
            used = at + 1
    return b"".join(parts), used
