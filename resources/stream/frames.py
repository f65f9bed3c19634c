"""How a journal's file tells what was written whole: frames of a marker, a length, a checksum and the payload.

One frame holds the records that became durable by one sync. Where a file was cut by a crash, its last frame is short
or does not match its checksum, and was never acknowledged; anything else that does not match is damage.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tributary.resources.stream.errors import StreamFolderError

_HEADER = struct.Struct("<4sII")
_MARKER = b"TJF1"


class Extent(NamedTuple):
    """How much of a journal is sound: `length` bytes of the file's frames, `payload` bytes of records within them.

    `torn` bytes after it were never acknowledged; with `damaged`, what follows cannot be explained by a crash.
    """

    length: int
    payload: int
    torn: int
    damaged: bool


def frame(parts: Sequence[bytes]) -> bytes:
    """The parts as one frame; the parts are joined with nothing between them."""
    payload = b"".join(parts)
    return _HEADER.pack(_MARKER, len(payload), zlib.crc32(payload)) + payload


def payloads(path: Path, length: int) -> Iterator[bytes]:
    """The payloads of the frames in the first `length` bytes of the file, which were sound when they were written.

    Raises:
        StreamFolderError: a frame is not sound any more.
    """
    with path.open("rb") as file:
        while file.tell() < length:
            payload = _next(file)
            if payload is None:
                raise StreamFolderError(
                    f"The journal {path} changed on the disk; restart the collector, which keeps it aside as damaged."
                )
            yield payload


def extent(path: Path) -> Extent:
    """Read the whole file and say how much of it is sound."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = payload = 0
        while (found := _next(file)) is not None:
            length, payload = file.tell(), payload + len(found)
        file.seek(length)
        rest = size - length
        return Extent(length, payload, rest, damaged=not _is_torn(file, rest))


def _next(file: BinaryIO) -> bytes | None:
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    marker, length, checksum = _HEADER.unpack(header)
    if marker != _MARKER:
        return None
    payload = file.read(length)
    return payload if len(payload) == length and zlib.crc32(payload) == checksum else None


def _is_torn(file: BinaryIO, rest: int) -> bool:
    """Whether the `rest` bytes from here can be one frame whose write was cut off; nothing at all can."""
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return True
    marker, length, _ = _HEADER.unpack(header)
    if marker == _MARKER:
        return _HEADER.size + int(length) >= rest
    # A file system may have made the file longer before the bytes came, which then are zeros.
    return not any(header) and not any(file.read())
