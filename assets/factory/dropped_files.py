"""Brings the files that people drop into a folder, or under an S3 prefix, into the lake: many of one kind.

Under `<prefix><stem>/<sha256><suffix>` stands each version of a file, as it was (of one that came back, with a mark
behind the digest); `<prefix>index.json`, put last, says which one counts. A file that is taken away from the drop
stays: what it said holds until a later version of it says otherwise. A version that is refused is kept too, while the
one before it goes on to count. What lines mean is not looked at here.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tributary.assets.factory.objects import Objects, SourceObject, Span
from tributary.assets.factory.reading import Content
from tributary.resources.errors import TributaryError
from tributary.resources.lake import open_lake
from tributary.resources.lake.errors import LakeError
from tributary.resources.lake.integrity import is_intact
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.lake.parallel import in_order
from tributary.resources.lake.versions import Former, Unneeded, followed, next_key
from tributary.resources.lake.versions import replaced as versions_replaced
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.delimited.contract import FileContract, SourceFileError
from tributary.resources.warehouse.delimited.scan import LONGEST_RECORD, Scanner

LARGEST = 64 << 20
"""Bytes of a file, at most: files are read whole."""

# A file that was changed within this time of being read may change again without its modification time showing it.
_RACY = timedelta(seconds=2)
_THREADS = 4
_REFUSED = " (refused)"


class DroppedFilesError(TributaryError):
    """What the lake knows of dropped files cannot be read."""


@dataclass(frozen=True)
class Version:
    """A version of a file in the lake; `etag` is the object's, `refused` why it does not count, if it does not.

    `key` is where it lies, where that does not follow from its digest.
    """

    sha256: str
    size: int
    etag: str
    refused: str = ""
    key: str = ""


@dataclass(frozen=True)
class Taken:
    """What the lake has of a file: the version that counts, and the latest one, if that was refused.

    `size`, `modified` and `etag` are the file's, as it was looked at last; without `etag` it may have changed since.
    `former` are the keys of versions that another took the place of.
    """

    size: int
    modified: datetime
    etag: str
    counts: Version | None = None
    refused: Version | None = None
    former: Former = ()

    @property
    def latest(self) -> Version | None:
        """The version that was taken in last."""
        return self.refused or self.counts


Index = Mapping[str, Taken]
"""What the lake has, by the file's name in the drop."""


def open_drop(settings: Settings, location: str, *, read_only: bool = True) -> Lake:
    """The place where files are dropped: an `s3://` URL, a folder of the disk, or else a folder of the lake.

    Raises:
        LakeLocationError: the location can be none of them.
    """
    if "://" not in location and not location.startswith("/"):
        location = f"{settings.lake_location.rstrip('/')}/{location}"
    region, endpoint = settings.aws_region, settings.aws_endpoint_url
    return open_lake(location, region=region, endpoint_url=endpoint, read_only=read_only)


@dataclass(frozen=True)
class TakenIn:
    """What a look at the drop came to: what the lake has, the files that are new, and of those left out why."""

    index: Index
    new: Sequence[str]
    problems: Mapping[str, str]


@dataclass(frozen=True)
class DroppedFiles:
    """Files of one kind.

    Args:
        prefix: where they are in the lake, with a slash at its end.
        contract: what one must look like.
        misnamed: why a file of some name cannot count; empty where it can.
        suffix: how their names end, in any case; what is called otherwise is left alone.
    """

    prefix: str
    contract: FileContract
    misnamed: Callable[[str], str] = lambda _: ""
    suffix: str = ".csv"

    def found(self, drop: Lake) -> Iterator[ObjectInfo]:
        """The files in the drop; what lies in folders within it is left alone."""
        return (info for info in drop.list("") if "/" not in info.key and info.key.lower().endswith(self.suffix))

    def index(self, lake: Lake) -> Index:
        """What the lake has; nothing before the first file.

        Raises:
            DroppedFilesError: it cannot be read.
        """
        import msgspec

        if lake.head(self._index_key) is None:
            return {}
        try:
            return msgspec.json.decode(lake.get(self._index_key), type=dict[str, Taken])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise DroppedFilesError(
                f"{lake.url(self._index_key)}, which says which files count, cannot be read; delete it, and it is made "
                "anew of the files that are in the drop."
            ) from None

    def take_in(self, lake: Lake, drop: Lake) -> TakenIn:
        """Bring what is new or has changed into the lake; a file that cannot be read keeps no other out.

        Raises:
            LakeError: the drop cannot be listed, or the lake refuses.
            DroppedFilesError: the index cannot be read.
        """
        import msgspec

        index = dict(self.index(lake))
        stored = {info.key: info.etag for info in lake.list(self.prefix)}
        pending = [info for info in self.found(drop) if not self._is_in(info, index.get(info.key), stored)]
        new: list[str] = []
        problems: dict[str, str] = {}

        def look(info: ObjectInfo) -> Taken | str:
            return self._take(lake, drop, info, index.get(info.key))

        for info, taken in zip(pending, in_order(look, pending, threads=_THREADS, ahead=_THREADS), strict=True):
            if isinstance(taken, str):
                problems[info.key] = taken
                continue
            before = index.get(info.key)
            if before is None or before.latest is None or before.latest.sha256 != taken.latest.sha256:  # type: ignore[union-attr]
                new.append(info.key)
            index[info.key] = taken
        if pending:
            told = msgspec.json.encode(dict(sorted(index.items())))
            lake.put(self._index_key, msgspec.json.format(told, indent=1))
        refused = {name: taken.refused.refused for name, taken in index.items() if taken.refused is not None}
        return TakenIn(index, new, {**refused, **problems})

    def replaced(self, lake: Lake) -> Iterator[Unneeded]:
        """The versions that others have taken the place of.

        Raises:
            DroppedFilesError: the index cannot be read.
        """
        index, described = self.index(lake), lake.head(self._index_key)
        if described is not None:
            versions = ((name, one) for name, taken in index.items() for one in (taken.counts, taken.refused))
            current = {self._index_key, *(self._key(name, one) for name, one in versions if one is not None)}
            former = tuple(one for taken in index.values() for one in taken.former)
            yield from versions_replaced(lake, self.prefix, current, former, described.modified)

    def objects(self) -> Objects:
        """The versions that count, under their files' names, and those refused, beside them."""
        return Objects(self._listed)

    def read(self, name: str, data: bytes) -> Content:
        """What a version holds that fits the contract's columns, with the columns `source_object` and `source_line`."""
        import pyarrow as pa

        from tributary.assets.factory.delimited_objects import DelimitedObject
        from tributary.assets.factory.object_tables import SOURCE_OBJECT

        refused = self.read_refused(name, data)
        if refused is not None:
            return refused
        found = DelimitedObject(self.contract, name, data)
        found.put(SOURCE_OBJECT, pa.chunked_array([pa.array([name] * found.table.num_rows, pa.string())]))
        return found.content()

    def read_refused(self, name: str, data: bytes) -> Content | None:
        """What there is of a refused version, by its object's name: its first line, rejected; None for another."""
        if not name.endswith(_REFUSED):
            return None
        reason = self._refusal(name.removesuffix(_REFUSED), data) or "the file was refused"
        return Content((), 1, [Rejected(1, 0, data.partition(b"\n")[0], reason)])

    def _refusal(self, name: str, data: bytes) -> str:
        """Why a file cannot count; a header without records is no reason."""
        misnamed = self.misnamed(name)
        if misnamed:
            return misnamed
        try:
            scanner = Scanner(self.contract, name, [data], may_be_empty=True)
            if len(data) > LONGEST_RECORD:
                deque(scanner.blocks(), maxlen=0)
        except SourceFileError as error:
            return str(error)
        return ""

    @property
    def _index_key(self) -> str:
        return f"{self.prefix}index.json"

    def _key(self, name: str, version: Version) -> str:
        stem, _, suffix = name.rpartition(".")
        return version.key or f"{self.prefix}{stem}/{version.sha256}.{suffix}"

    def _is_in(self, info: ObjectInfo, taken: Taken | None, stored: Mapping[str, str | None]) -> bool:
        """Whether the file as it lies in the drop is in the lake, untouched."""
        if taken is None or not taken.etag or taken.etag != info.etag:
            return False
        versions = (one for one in (taken.counts, taken.refused) if one is not None)
        return all(one.etag and stored.get(self._key(info.key, one)) == one.etag for one in versions)

    def _take(self, lake: Lake, drop: Lake, info: ObjectInfo, before: Taken | None) -> Taken | str:
        """Put one file into the lake; a sentence where it could not be read."""
        name, begun = info.key, datetime.now(UTC)
        if info.size > LARGEST:
            return f"{drop.url(name)} is larger than {LARGEST >> 20} MB; divide it."
        try:
            data = drop.get(name)
            after = drop.head(name)
        except LakeError as error:
            return str(error)
        if after is None or after.etag != info.etag:
            return f"{drop.url(name)} changed while it was read; it is taken up again when it has settled."
        version = Version(hashlib.sha256(data).hexdigest(), len(data), "", self._refusal(name, data))
        known = (before.counts, before.refused) if before is not None else ()
        held = [(self._key(name, one), one.sha256) for one in known if one is not None]
        same = next((one for one in held if one[1] == version.sha256), held[0] if held else None)
        plain = self._key(name, version)
        key = next_key(lake, plain, same, version.sha256)
        if not is_intact(lake, key, size=version.size, sha256=version.sha256):
            lake.put(key, data)
        put = lake.head(key)
        version = replace(version, etag=(put.etag if put else None) or "", key="" if key == plain else key)
        etag = "" if begun - info.modified < _RACY else info.etag or ""
        last = before.counts if before is not None else None
        counts, refused = (last, version) if version.refused else (version, None)
        former = before.former if before is not None else ()
        for one in known:
            if one is not None and one.sha256 not in {each.sha256 for each in (counts, refused) if each is not None}:
                former = followed(former, self._key(name, one), "")
        return Taken(info.size, info.modified, etag, counts, refused, former)

    def _listed(self, lake: Lake, _: Span | None) -> Iterator[SourceObject]:
        for name, taken in self.index(lake).items():
            for called, version in ((name, taken.counts), (f"{name}{_REFUSED}", taken.refused)):
                if version is None:
                    yield SourceObject(called, "", "")
                else:
                    yield SourceObject(called, self._key(name, version), version.sha256, version.size, version.sha256)
