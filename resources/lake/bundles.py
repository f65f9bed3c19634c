"""A lake in which small old objects lie together in files, one a folder or few, and are read as if each lay alone.

Keys, etags and bytes stay what they were, so that whatever was noted of an object stays true: receipts, ledgers,
rejected records. `bundles/<folder>/index.json` names the members of the files beside it. Of an object that lies by
itself too, that one counts. A bundle is put first, then its index; the objects go an hour later at the earliest, when
whoever listed them before has read them. Killed anywhere in between, each is there, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby, islice
from pathlib import Path

import msgspec

from tributary.resources.lake.errors import ObjectDamagedError, ObjectNotFoundError
from tributary.resources.lake.keys import check_deletable_prefix
from tributary.resources.lake.model import CHUNK_BYTES, CONCURRENCY, Lake, ObjectData, ObjectInfo, check_count

BUNDLES = "bundles/"
SMALL_BYTES = 4 << 20
"""Larger objects stay by themselves."""

MOST_BYTES = 128 << 20
"""Bytes of a bundle, at most: it is read whole for its members."""

GRACE_SECONDS = 3_600.0
"""Seconds for which an object stays by itself after it was bundled: longer than anybody reads what was listed."""

_INDEX = "index.json"
_FEWEST = 2
_AHEAD = 256


class Member(msgspec.Struct, frozen=True):
    """An object in a bundle: `bundle` is the file's name, `offset` and `size` are in bytes."""

    name: str
    bundle: str
    offset: int
    size: int
    sha256: str
    modified: datetime
    etag: str | None


_DECODER = msgspec.json.Decoder(list[Member])


class BundledLake(Lake):
    """A lake with bundles of the objects below `root`, a prefix that ends with a slash.

    Who takes it for the lake reads what is bundled; who puts objects needs not.
    """

    def __init__(self, lake: Lake, root: str) -> None:
        self._lake, self._root = lake, root

    @property
    def single(self) -> Lake:
        """The lake without what is in bundles."""
        return self._lake

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        """See `Lake.list`."""
        single = self._lake.list(prefix, after=after)
        if not (prefix.startswith(self._root) or self._root.startswith(prefix)):
            return single
        both = merge(single, self._bundled(prefix, after), key=lambda info: info.key.encode())
        # Both are sorted, and of two that are alike the one that lies by itself comes first.
        return (next(same) for _, same in groupby(both, key=lambda info: info.key))

    def get(self, key: str) -> bytes:
        """See `Lake.get`."""
        try:
            return self._lake.get(key)
        except ObjectNotFoundError:
            member = self._member(key)
            if member is None:
                raise
        with suppress(ObjectNotFoundError):
            return self._cut(key, member, self._lake.get(_folder(key) + member.bundle))
        # It was bundled anew meanwhile.
        member = self._member(key)
        if member is None:
            raise ObjectNotFoundError(self.url(key))
        return self._cut(key, member, self._lake.get(_folder(key) + member.bundle))

    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """See `Lake.open`."""
        try:
            return self._lake.open(key, chunk_size=chunk_size)
        except ObjectNotFoundError:
            data = self.get(key)
            return (data[at : at + chunk_size] for at in range(0, len(data), chunk_size))

    def head(self, key: str) -> ObjectInfo | None:
        """See `Lake.head`."""
        found = self._lake.head(key)
        if found is None and (member := self._member(key)) is not None:
            return _info(key.rpartition("/")[0], member)
        return found

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        """See `Lake.put`."""
        return self._lake.put(key, data)

    def get_many(self, keys: Sequence[str], *, concurrency: int = CONCURRENCY) -> Iterator[tuple[str, bytes]]:
        """See `Lake.get_many`. A bundle is read once for all of its members that are asked for one after the other."""
        check_count("concurrency", concurrency)
        return self._many(keys, concurrency)

    def _many(self, keys: Sequence[str], concurrency: int) -> Iterator[tuple[str, bytes]]:
        for folder, group in groupby(keys, key=_folder):
            some = list(group)
            members = self._members(folder) if self._may_hold(folder) else {}
            if not members:
                yield from self._lake.get_many(some, concurrency=concurrency)
                continue
            place = folder.removeprefix(BUNDLES)
            single = {info.key for info in self._lake.list(place)}
            name, data = "", b""
            for key in some:
                member = members.get(key.removeprefix(place))
                if member is None or key in single:
                    yield key, self.get(key)
                    continue
                if member.bundle != name:
                    name, data = member.bundle, b""
                    with suppress(ObjectNotFoundError):  # it was bundled anew meanwhile
                        data = self._lake.get(folder + member.bundle)
                yield key, self._cut(key, member, data) if data else self.get(key)

    def delete_prefix(self, prefix: str) -> int:
        """See `Lake.delete_prefix`. Bytes of members go when nothing else is in their bundle, or it is made anew."""
        keys = {info.key for info in self.list(check_deletable_prefix(prefix))}
        folders = sorted({_folder(key) for key in keys if self._may_hold(_folder(key))})
        self._lake.delete_prefix(prefix)
        for folder in folders:
            members = self._members(folder)
            place = folder.removeprefix(BUNDLES)
            left = [one for name, one in members.items() if place + name not in keys]
            if len(left) < len(members):
                self._put_index(folder, left)
        return len(keys)

    def url(self, key: str) -> str:
        """See `Lake.url`."""
        return self._lake.url(key)

    def local_path(self, key: str) -> Path | None:
        """See `Lake.local_path`. A member of a bundle has no file of its own."""
        path = self._lake.local_path(key)
        return None if path is not None and not path.exists() and self._member(key) is not None else path

    def holds(self, place: str) -> bool:
        """Whether objects of a folder, whose name ends with a slash, are in bundles."""
        return bool(self._members(BUNDLES + place))

    def bundle(self, place: str, *, grace: float = GRACE_SECONDS) -> int:
        """Put the small objects of a folder, whose name ends with a slash, together; how many files went.

        What was put together longer ago than `grace` seconds goes from where it lay by itself. Repeat it after a crash:
        it goes on. A folder of folders is left as it is. Only one may do this at a time, and nobody put an object again
        that is there meanwhile; new ones may come.

        Raises:
            LakeError: the lake refused; every object is there.
        """
        folder = BUNDLES + place
        members, index = self._members(folder), self._lake.head(folder + _INDEX)
        went = 0
        if index is not None and (datetime.now(UTC) - index.modified).total_seconds() >= grace:
            went = self._let_go(place, members)
        single = {info.key.removeprefix(place): info for info in self._lake.list(place)}
        small = [name for name, info in single.items() if info.size <= SMALL_BYTES]
        fresh = [name for name in small if name not in members or members[name].etag != single[name].etag]
        if not fresh or len({*members, *fresh}) < _FEWEST or any("/" in name for name in single):
            return went
        self._put_index(folder, list(self._put_together(place, sorted({*members, *fresh}, key=str.encode))))
        return went

    def _put_together(self, place: str, names: Sequence[str]) -> Iterator[Member]:
        """Put objects into new bundles; their places there."""
        told = {info.key.removeprefix(place): info for info in self.list(place)}
        data, held = bytearray(), _none()
        for key, one in self.get_many([place + name for name in names]):
            if held and len(data) + len(one) > MOST_BYTES:
                yield from self._put_bundle(place, data, held)
                data, held = bytearray(), _none()
            info = told[key.removeprefix(place)]
            name, digest = key.removeprefix(place), hashlib.sha256(one).hexdigest()
            held.append(Member(name, "", len(data), len(one), digest, info.modified, info.etag))
            data += one
        yield from self._put_bundle(place, data, held)

    def _put_bundle(self, place: str, data: bytearray, held: Sequence[Member]) -> Iterator[Member]:
        bundle = f"{hashlib.sha256(data).hexdigest()}.bundle"
        self._lake.put(BUNDLES + place + bundle, bytes(data))
        yield from (msgspec.structs.replace(one, bundle=bundle) for one in held)

    def _let_go(self, place: str, members: Mapping[str, Member]) -> int:
        """Delete objects that a bundle holds as they are; how many."""
        went = 0
        for info in tuple(self._lake.list(place)):
            # A deletion takes all keys of its beginning, which then must all be held.
            every = [one for one in self._lake.list(info.key) if one.key.startswith(info.key)]
            same = (members.get(one.key.removeprefix(place)) for one in every)
            if all(member is not None and member.etag == one.etag for member, one in zip(same, every, strict=True)):
                went += self._lake.delete_prefix(info.key) if every else 0
        return went

    def _put_index(self, folder: str, members: Sequence[Member]) -> None:
        """Make these the members of a folder's bundles; files that none of them is in go."""
        if members:
            ordered = sorted(members, key=lambda one: one.name.encode())
            self._lake.put(folder + _INDEX, msgspec.json.encode(ordered))
        kept = {folder + one.bundle for one in members} | ({folder + _INDEX} if members else set())
        for info in list(self._lake.list(folder)):
            if info.key not in kept:
                self._lake.delete_prefix(info.key)

    def _bundled(self, prefix: str, after: str | None) -> Iterator[ObjectInfo]:
        """The members of bundles, as `list` gives objects."""
        start = None if after is None else BUNDLES + after.rpartition("/")[0]
        listed = (info.key for info in self._lake.list(BUNDLES + prefix.rpartition("/")[0], after=start))
        indexes = (key for key in listed if key.endswith(f"/{_INDEX}"))
        while some := tuple(islice(indexes, _AHEAD)):
            for key, data in self._lake.get_many(some):
                place = key.removeprefix(BUNDLES).removesuffix(f"/{_INDEX}")
                for member in self._read(key, data):
                    found = _info(place, member)
                    if found.key.startswith(prefix) and (after is None or found.key.encode() > after.encode()):
                        yield found

    def _may_hold(self, folder: str) -> bool:
        return folder.startswith(BUNDLES + self._root) and "//" not in folder  # what is in no folder is in no bundle

    def _member(self, key: str) -> Member | None:
        folder = _folder(key)
        return self._members(folder).get(key.rpartition("/")[2]) if self._may_hold(folder) else None

    def _members(self, folder: str) -> dict[str, Member]:
        try:
            data = self._lake.get(folder + _INDEX)
        except ObjectNotFoundError:
            return {}
        return {one.name: one for one in self._read(folder + _INDEX, data)}

    def _read(self, key: str, data: bytes) -> Sequence[Member]:
        try:
            return _DECODER.decode(data)
        except msgspec.MsgspecError as error:
            raise ObjectDamagedError(self._lake.url(key), f"it is no index: {error}") from error

    def _cut(self, key: str, member: Member, data: bytes) -> bytes:
        found = data[member.offset : member.offset + member.size]
        if hashlib.sha256(found).hexdigest() != member.sha256:
            raise ObjectDamagedError(self._lake.url(key), "its digest in its bundle is another one")
        return found


def _none() -> list[Member]:
    return []


def _folder(key: str) -> str:
    """Where the bundles of a key's folder are."""
    return f"{BUNDLES}{key.rpartition('/')[0]}/"


def _info(place: str, member: Member) -> ObjectInfo:
    return ObjectInfo(f"{place}/{member.name}", member.size, member.modified, member.etag)
