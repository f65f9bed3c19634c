"""The lake in S3, or in a service that speaks its protocol.

The methods are here; how the client is made and finds credentials is in `s3_client`, where a listing starts in
`s3_listing`, what failures mean in `s3_errors`. Parts of uploads that were cut off are invisible but cost storage: the
bucket needs a lifecycle rule that aborts incomplete multipart uploads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore

from tributary.resources.lake.errors import ObjectNotFoundError
from tributary.resources.lake.handover import hand_over
from tributary.resources.lake.keys import check_deletable_prefix, check_key, check_prefix, is_hidden
from tributary.resources.lake.model import CHUNK_BYTES, CONCURRENCY, Lake, ObjectData, ObjectInfo, check_count
from tributary.resources.lake.parallel import in_order
from tributary.resources.lake.s3_client import PATIENCE, S3Location, open_store
from tributary.resources.lake.s3_errors import translated
from tributary.resources.lake.s3_listing import directory_of, seek
from tributary.resources.lake.sources import beginning_of, chunks_of

if TYPE_CHECKING:
    from obstore import ObjectMeta

PART_BYTES = 16 * 1024 * 1024
"""Size of the parts of an upload, and up to which an object is sent whole; S3's 10,000 parts then hold 160 GB."""

PART_CONCURRENCY = 4
"""Parts in flight at the same time, up or down; with the size it bounds the memory that one object takes."""

PAGE = 1000
"""Keys in one page of S3's listing, and keys that one deletion takes."""


class S3Lake(Lake):
    """A lake at `s3://bucket[/prefix]`; `patience` is how long a service that fails for a while is asked again."""

    def __init__(self, location: str, *, region: str, endpoint_url: str | None, patience: timedelta = PATIENCE) -> None:
        self._location = S3Location.parse(location)
        self._store = open_store(self._location, region=region, endpoint_url=endpoint_url, patience=patience)
        self._base = self._location.base
        self._bucket_seen = False

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        """See `Lake.list`. S3 starts its pages of 1,000 keys at the cursor."""
        return self._listed(self._base + check_prefix(prefix), None if after is None else self._base + after)

    def _listed(self, prefix: str, after: str | None) -> Iterator[ObjectInfo]:
        offset = seek(prefix, after)
        with translated("list", self._location.url(prefix)):
            pages = obstore.list(self._store, directory_of(prefix), offset=offset, chunk_size=PAGE)
            for meta in itertools.chain.from_iterable(pages):
                path = meta["path"]
                if not path.startswith(prefix):
                    if path > prefix:
                        return
                elif (after is None or path > after) and not is_hidden(key := path[len(self._base) :]):
                    check_key(key)
                    # The client shows a console's folder marker `a/` as an empty object `a`, which does not exist.
                    if meta["size"] or self.head(key):
                        yield _info(key, meta)

    def get(self, key: str) -> bytes:
        """See `Lake.get`."""
        with translated("read", self.url(key)):
            return obstore.get(self._store, self._path(key)).bytes().to_bytes()

    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """See `Lake.open`. Reads some ranges ahead, each of the version that was there at the call."""
        check_count("chunk_size", chunk_size)
        info = self.head(key)
        if info is None:
            raise ObjectNotFoundError(self.url(key))

        def part(start: int) -> bytes:
            with translated("read", self.url(key)):
                end = min(start + chunk_size, info.size)
                result = obstore.get(
                    self._store, self._path(key), options={"range": (start, end), "if_match": info.etag}
                )
                return result.bytes().to_bytes()

        return in_order(part, range(0, info.size, chunk_size), threads=PART_CONCURRENCY, ahead=PART_CONCURRENCY)

    def head(self, key: str) -> ObjectInfo | None:
        """See `Lake.head`."""
        with translated("describe", self.url(key)):
            try:
                return _info(key, obstore.head(self._store, self._path(key)))
            except FileNotFoundError:
                self._check_bucket()
                return None

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        """See `Lake.put`. What is longer than a part goes up in parts, and appears when S3 has put them together."""
        chunks = chunks_of(data, PART_BYTES)
        # What is short goes up in one request; S3 knows no upload of no parts, either.
        beginning, whole = beginning_of(chunks, PART_BYTES)
        if whole:
            self._send(key, beginning)
        else:
            hand_over(itertools.chain([beginning], chunks), lambda handed: self._send(key, handed))
        info = self.head(key)
        if info is None:
            raise ObjectNotFoundError(self.url(key))
        return info

    def _send(self, key: str, body: bytes | Iterator[bytes]) -> None:
        with translated("write", self.url(key)):
            obstore.put(self._store, self._path(key), body, chunk_size=PART_BYTES, max_concurrency=PART_CONCURRENCY)

    def get_many(self, keys: Sequence[str], *, concurrency: int = CONCURRENCY) -> Iterator[tuple[str, bytes]]:
        """See `Lake.get_many`."""
        check_count("concurrency", concurrency)
        return in_order(lambda key: (key, self.get(key)), keys, threads=concurrency, ahead=2 * concurrency)

    def delete_prefix(self, prefix: str) -> int:
        """See `Lake.delete_prefix`."""
        infos = self.list(check_deletable_prefix(prefix))
        deleted = 0
        while batch := [self._path(info.key) for info in itertools.islice(infos, PAGE)]:
            with translated("delete", self._location.url(self._base + prefix)):
                obstore.delete(self._store, batch)
            deleted += len(batch)
        return deleted

    def url(self, key: str) -> str:
        """See `Lake.url`."""
        return self._location.url(self._path(key))

    def _path(self, key: str) -> str:
        return self._base + check_key(key)

    def _check_bucket(self) -> None:
        """S3 answers a HEAD in a missing bucket as it does for a missing object, so the first miss asks further."""
        if not self._bucket_seen:
            next(iter(obstore.list(self._store, directory_of(self._base), chunk_size=1)), None)
            self._bucket_seen = True


def _info(key: str, meta: ObjectMeta) -> ObjectInfo:
    return ObjectInfo(key=key, size=meta["size"], modified=meta["last_modified"], etag=meta["e_tag"])
