"""What is put into a lake, as a stream of chunks. Where the chunks go is the engines' matter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tributary.resources.lake.errors import LakeSourceError
from tributary.resources.lake.model import ObjectData


def chunks_of(data: ObjectData, chunk_size: int) -> Iterator[bytes]:
    """The bytes of `data` in order; a file in chunks of `chunk_size` bytes, an iterator in chunks as it gives them.

    Raises:
        LakeSourceError: the file cannot be read.
    """
    if isinstance(data, bytes):
        yield data
    elif isinstance(data, Path):
        try:
            with data.open("rb", buffering=0) as file:
                while chunk := file.read(chunk_size):
                    yield chunk
        except OSError as error:
            raise LakeSourceError(
                f"The file {data} cannot be put into the lake because it cannot be read ({error.strerror}); check it."
            ) from error
    else:
        yield from data


def beginning_of(chunks: Iterator[bytes], size: int) -> tuple[bytes, bool]:
    """Take chunks until they are longer than `size` bytes; return them joined, and whether they end before that."""
    taken: list[bytes] = []
    length = 0
    for chunk in chunks:
        taken.append(chunk)
        length += len(chunk)
        if length > size:
            return b"".join(taken), False
    return b"".join(taken), True
