"""What a lake is: the interface that every engine keeps, and the description of one object.

Whatever is the same for all engines belongs here; how one of them does it does not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from tributary.resources.lake.keys import check_key

ObjectData: TypeAlias = bytes | Path | Iterable[bytes]
"""What can be put: bytes, a local file, or chunks of any sizes that are read once."""

CHUNK_BYTES = 4 * 1024 * 1024
"""Default size of the chunks in which `Lake.open` streams."""

CONCURRENCY = 32
"""Default number of objects that `Lake.get_many` reads at the same time, where the engine gains by it."""


class ObjectInfo(NamedTuple):
    """One object as its lake describes it.

    `size` is in bytes; `modified` is in UTC and as precise as the lake tells it (a second at worst, and S3 may list
    finer than it answers for one object); `etag` is opaque and differs whenever the content was replaced.
    """

    key: str
    size: int
    modified: datetime
    etag: str | None


class Lake(ABC):
    """Objects of bytes under keys such as `web-data/raw/2024/01/31/07/part-1.json`.

    Keys are ordered by their UTF-8 bytes. A prefix is any beginning of a key: `a/b` is one of `a/bc` too. Keys with a
    segment that begins with a dot are hidden: they cannot be used and are never listed. Every method raises a
    `LakeError`; `LakeKeyError` for a key or prefix that breaks the rules of `resources.lake.keys`.
    """

    @abstractmethod
    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        """The objects whose keys begin with `prefix` and lie strictly after `after`, in key order, as a stream.

        `after` is compared as text and need not be a key: `…/2024/01/31/` stands before all that lies in that folder.
        What lies before it costs nothing, except that a folder reads the names (not the objects) of the directories
        on the cursor's path. Objects put or deleted meanwhile may or may not show.
        """

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The whole object. Raises `ObjectNotFoundError`."""

    @abstractmethod
    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """The object in order, in chunks of `chunk_size` bytes (the last may be shorter), in bounded memory.

        All chunks are of one version of the object. Raises `ObjectNotFoundError` at the call, not at the first chunk,
        and `ObjectChangedError` on the way where the lake cannot go on reading a version that was replaced.
        """

    @abstractmethod
    def head(self, key: str) -> ObjectInfo | None:
        """What the lake knows of the object, or None where there is none."""

    @abstractmethod
    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        """Store the object, replacing one of the same key, and return once it is durable.

        Readers see the old object or the whole new one, also after a crash. What an iterator raises passes through,
        with the old object untouched. Raises `LakeSourceError` for a local file that cannot be read.
        """

    def put_named(self, name: Callable[[], str | None], data: Iterable[bytes]) -> ObjectInfo | None:
        """As `put`, under a key that is known when the data was read: `name` is asked behind its last chunk.

        Where it gives None, nothing is put, and None given back. What it raises passes through, as of an iterator.
        `data` must be able to be walked again, which a lake does that has to know the key first.
        """
        for _ in data:
            pass
        key = name()
        return None if key is None else self.put(key, data)

    @abstractmethod
    def get_many(self, keys: Sequence[str], *, concurrency: int = CONCURRENCY) -> Iterator[tuple[str, bytes]]:
        """Each key with its whole object, in the order of `keys`: for many small objects.

        At most twice `concurrency` objects are in memory. Raises `ObjectNotFoundError` when it comes to a missing one.
        """

    @abstractmethod
    def delete_prefix(self, prefix: str) -> int:
        """Delete every object that `list(prefix)` shows and return how many; the empty prefix is refused."""

    @abstractmethod
    def url(self, key: str) -> str:
        """Where the object is, for people and logs: a `file://` or `s3://` URL. The object need not exist."""

    def local_path(self, key: str) -> Path | None:
        """The file behind the object, to read and never to write, or None where the lake is not a folder.

        The object need not exist.
        """
        check_key(key)
        return None


def check_count(name: str, value: int) -> None:
    """Refuse an argument `name` that counts bytes or objects and is not positive, with a `ValueError`."""
    if value < 1:
        raise ValueError(f"{name} must be at least 1, not {value}")
