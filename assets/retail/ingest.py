"""Brings a source file into the lake as it is: content-addressed, immutable, with a manifest of the current version.

Objects: `retail/raw/<file stem>/<sha256>.csv` and beside them `retail/raw/<file stem>.json`, the manifest. What the
lines mean is not looked at here. Neither is believed unseen: an object counts only as long as it holds what its name
says, and a manifest that cannot be read is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tributary.assets.retail.files import ALL_FILES
from tributary.assets.retail.source_files import RetailFileError, look_at, read_chunks
from tributary.resources.lake.integrity import is_intact, open_verified
from tributary.resources.lake.model import Lake
from tributary.resources.lake.versions import Former, Unneeded, followed, next_key, replaced

# A file changed within this time of being read may change again without its modification time showing it.
RACY_NANOSECONDS = 2_000_000_000


class ManifestError(RetailFileError):
    """A manifest in the lake cannot be read."""


@dataclass(frozen=True)
class Manifest:
    """The version of a source file that the lake holds; `lines` counts newline-ended lines, the header included.

    `etag` is the object's when its content was last found to be right, `former` the keys of versions before it.
    """

    file: str
    key: str
    sha256: str
    size: int
    modified_ns: int
    read_ns: int
    lines: int
    etag: str = ""
    former: Former = ()

    def matches(self, size: int, modified_ns: int) -> bool:
        """Whether a file with this size and modification time surely is this version."""
        settled = modified_ns < self.read_ns - RACY_NANOSECONDS
        return settled and (size, modified_ns) == (self.size, self.modified_ns)

    def open(self, lake: Lake) -> Iterator[bytes]:
        """The version's bytes; see `open_verified`, also for what it raises."""
        return open_verified(lake, self.key, size=self.size, sha256=self.sha256)


def manifest_key(file: str) -> str:
    """Where the manifest of a source file stands in the lake."""
    return f"retail/raw/{Path(file).stem}.json"


def replaced_versions(lake: Lake) -> Iterator[Unneeded]:
    """The versions of all files that another has taken the place of."""
    for file in ALL_FILES:
        known, described = known_manifest(lake, file.file), lake.head(manifest_key(file.file))
        if known is not None and described is not None:
            yield from replaced(lake, _folder(file.file), {known.key}, known.former, described.modified)


def _folder(file: str) -> str:
    return f"retail/raw/{Path(file).stem}/"


def read_manifest(lake: Lake, file: str) -> Manifest | None:
    """The manifest of a source file; None before its first ingestion.

    Raises:
        ManifestError: it cannot be read.
    """
    import msgspec

    key = manifest_key(file)
    if lake.head(key) is None:
        return None
    try:
        return msgspec.json.decode(lake.get(key), type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raw = next((one.raw_key for one in ALL_FILES if one.file == file), "the file's raw asset")
        raise ManifestError(
            f"The manifest of {file} in the lake, {lake.url(key)}, cannot be read; materialise {raw} to make it anew."
        ) from None


def known_manifest(lake: Lake, file: str) -> Manifest | None:
    """The same, for those who can make it anew: one that cannot be read is as good as none."""
    try:
        return read_manifest(lake, file)
    except ManifestError:
        return None


def ingest(lake: Lake, path: Path) -> tuple[Manifest, bool]:
    """Bring the file into the lake where this version is not there yet; the manifest, and whether it is new.

    Raises:
        RetailFileError: the file cannot be read, or changed while it was.
    """
    found, known = look_at(path), known_manifest(lake, path.name)
    if known is not None and _is_of(known, found, lake):
        return known, False
    read = _Reading(path)
    key = ""

    def name() -> str | None:
        nonlocal key
        now = look_at(path)
        if (now.st_ino, now.st_size, now.st_mtime_ns) != (found.st_ino, read.size, found.st_mtime_ns):
            raise _changed(path)
        before = (known.key, known.sha256) if known is not None else None
        key = next_key(lake, f"{_folder(path.name)}{read.sha256}{path.suffix}", before, read.sha256)
        return None if is_intact(lake, key, size=read.size, sha256=read.sha256) else key

    read_ns = time.time_ns()
    lake.put_named(name, read)
    described = lake.head(key)
    etag = (described.etag if described else None) or ""
    former = followed(known.former, known.key, key) if known is not None else ()
    modified = found.st_mtime_ns
    manifest = Manifest(path.name, key, read.sha256, read.size, modified, read_ns, read.lines, etag, former)
    lake.put(manifest_key(path.name), json.dumps(asdict(manifest)).encode())
    return manifest, known is None or known.sha256 != read.sha256


def ingested(lake: Lake, path: Path) -> Manifest | None:
    """What the lake holds of a file, where its size and time tell without a look into it that it is the same.

    Raises:
        RetailFileError: there is no such file.
    """
    known = known_manifest(lake, path.name)
    return known if known is not None and _is_of(known, look_at(path), lake) else None


def _is_of(manifest: Manifest, found: os.stat_result, lake: Lake) -> bool:
    return manifest.matches(found.st_size, found.st_mtime_ns) and _is_untouched(lake, manifest)


def _is_untouched(lake: Lake, manifest: Manifest) -> bool:
    """Whether the object is the one that was last found to be right, which spares reading it."""
    found = lake.head(manifest.key)
    return found is not None and found.size == manifest.size and found.etag is not None and found.etag == manifest.etag


class _Reading:
    """The chunks of a file, and, when they were walked to their end, their digest, size in bytes, and lines.

    Walked again, they must be the same.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sha256 = ""
        self.size = self.lines = 0

    def __iter__(self) -> Iterator[bytes]:
        digest, last = hashlib.sha256(), b"\n"
        self.size = self.lines = 0
        for chunk in read_chunks(self._path):
            digest.update(chunk)
            self.size += len(chunk)
            self.lines += chunk.count(b"\n")
            last = chunk
            yield chunk
        if self.sha256 not in ("", digest.hexdigest()):
            raise _changed(self._path)
        self.sha256 = digest.hexdigest()
        self.lines += not last.endswith(b"\n")


def _changed(path: Path) -> RetailFileError:
    return RetailFileError(f"{path.name} changed while it was read; it is taken up again when it has settled.")
