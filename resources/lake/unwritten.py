"""A lake that is only read: who is to leave it as it is, is given this in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tributary.resources.lake.errors import LakeError
from tributary.resources.lake.model import CHUNK_BYTES, CONCURRENCY, Lake, ObjectData, ObjectInfo


class Unwritten(Lake):
    """All objects of another lake, which stays as it is."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        return self._lake.list(prefix, after=after)

    def get(self, key: str) -> bytes:
        return self._lake.get(key)

    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        return self._lake.open(key, chunk_size=chunk_size)

    def head(self, key: str) -> ObjectInfo | None:
        return self._lake.head(key)

    def put(self, key: str, data: ObjectData) -> ObjectInfo:  # noqa: ARG002 - nothing is put
        raise LakeError(f"{key} is not put into the lake, which environments only read; make it without one.")

    def get_many(self, keys: Sequence[str], *, concurrency: int = CONCURRENCY) -> Iterator[tuple[str, bytes]]:
        return self._lake.get_many(keys, concurrency=concurrency)

    def delete_prefix(self, prefix: str) -> int:
        raise LakeError(f"{prefix} is not deleted from the lake, which environments only read; do it without one.")

    def url(self, key: str) -> str:
        return self._lake.url(key)

    def local_path(self, key: str) -> Path | None:
        return self._lake.local_path(key)
