"""Whether an object that is named by its digest still holds what its name says.

A disk that was full, a copy that was cut off or a hand in the folder can leave another content under the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.lake.model import Lake


def open_verified(lake: Lake, key: str, *, size: int, sha256: str) -> Iterator[bytes]:
    """The object's chunks, as `Lake.open` gives them; their digest is compared when the last was taken.

    So what was made of them must not be believed before they have come to their end.

    Raises:
        ObjectNotFoundError: there is no such object, at the call.
        ObjectDamagedError: it has another size, at the call; or another digest, behind its last chunk.
    """
    chunks = lake.open(key)
    found = lake.head(key)
    if found is not None and found.size != size:
        raise ObjectDamagedError(lake.url(key), f"it has {found.size:,} bytes of {size:,}")
    return _verified(chunks, sha256, lake.url(key))


def is_intact(lake: Lake, key: str, *, size: int, sha256: str) -> bool:
    """Whether the object is there and holds what its digest says; reads it to its end."""
    if lake.head(key) is None:
        return False
    try:
        for _ in open_verified(lake, key, size=size, sha256=sha256):
            pass
    except ObjectDamagedError:
        return False
    return True


def _verified(chunks: Iterator[bytes], sha256: str, url: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise ObjectDamagedError(url, "its digest is another one")
