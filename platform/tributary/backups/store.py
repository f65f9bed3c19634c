"""What a backup is: objects of bytes under their digests, and a manifest that names all of one backup, put last.

In a folder or S3, `objects/<two digits>/<sha256>` holds each content once, whatever backups name it, and
`backups/<moment>-<mark>.json.gz` is a backup. A backup that was cut off has no manifest, and so is none.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tributary.resources.errors import TributaryError
from tributary.resources.lake import open_lake
from tributary.resources.lake.errors import ObjectDamagedError, ObjectNotFoundError
from tributary.resources.lake.integrity import open_verified
from tributary.resources.lake.model import Lake, ObjectData
from tributary.resources.settings import Settings

FORMAT = 1
_OBJECTS, _BACKUPS, _SUFFIX = "objects/", "backups/", ".json.gz"
_IN_MEMORY = 32 << 20


class BackupError(TributaryError):
    """A backup cannot be made or restored."""


class Held(msgspec.Struct, frozen=True):
    """A content: its digest and its size in bytes."""

    sha256: str
    size: int


class Copied(msgspec.Struct, frozen=True):
    """An object of the lake; `etag` is that of the version that was copied, None where that is not certain."""

    key: str
    held: Held
    etag: str | None


class Dump(msgspec.Struct, frozen=True):
    """A database: the files of its dump by name, and what it notes of tables, by which their rows are known again."""

    files: Mapping[str, Held]
    notes: Mapping[str, str] = {}


class Backup(msgspec.Struct, frozen=True):
    """A backup: databases by name, the roles that they name, the objects of the lake, and files of the home by path."""

    id: str
    format: int
    made_at: datetime
    version: str
    engine: str
    databases: Mapping[str, Dump]
    roles: tuple[str, ...]
    lake: tuple[Copied, ...]
    home: Mapping[str, Held]

    @property
    def contents(self) -> Iterator[Held]:
        """All that it names."""
        for dump in self.databases.values():
            yield from dump.files.values()
        yield from (one.held for one in self.lake)
        yield from self.home.values()


class Store:
    """A place of backups; safe for use by several threads.

    Args:
        settings: of the S3 service, where it is one.
        location: a folder, or an `s3://bucket/prefix`.

    Raises:
        LakeError: it cannot be reached.
    """

    def __init__(self, settings: Settings, location: str, *, read_only: bool = False) -> None:
        place = location if "://" in location else str(Path(location).expanduser().absolute())
        region, endpoint = settings.aws_region, settings.aws_endpoint_url
        self.lake: Lake = open_lake(place, region=region, endpoint_url=endpoint, read_only=read_only)
        self.location = place
        self._has = {info.key: info.size for info in self.lake.list(_OBJECTS)}
        self.written = 0

    def holds(self, one: Held) -> bool:
        """Whether a content is there, of its size."""
        return self._has.get(_key(one.sha256)) == one.size

    def put(self, chunks: Iterable[bytes]) -> Held:
        """Put a content, unless it is there; read again, so that what is named is what was put."""
        digest, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                copy.write(chunk)
            copy.seek(0)
            return self._keep(Held(digest.hexdigest(), size), iter(lambda: copy.read(1 << 20), b""))

    def put_file(self, path: Path) -> Held:
        """Put a local file that nobody writes to, likewise."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        return self._keep(Held(digest.hexdigest(), path.stat().st_size), path)

    def _keep(self, held: Held, data: ObjectData) -> Held:
        if not self.holds(held):
            self.lake.put(_key(held.sha256), data)
            for _ in self.open(held):
                pass
            self._has[_key(held.sha256)] = held.size
            self.written += held.size
        return held

    def open(self, one: Held) -> Iterator[bytes]:
        """The bytes of a content; what is not what was put is told at the end.

        Raises:
            BackupError: it is not there, or is damaged.
        """
        try:
            yield from open_verified(self.lake, _key(one.sha256), size=one.size, sha256=one.sha256)
        except (ObjectNotFoundError, ObjectDamagedError) as error:
            raise BackupError(f"The backup in {self.location} is damaged: {error}") from error

    def publish(self, backup: Backup) -> None:
        """Make a backup of it, in one step, where all that it names is there.

        Raises:
            BackupError: something is not.
        """
        there = {info.key: info.size for info in self.lake.list(_OBJECTS)}
        for one in backup.contents:
            if there.get(_key(one.sha256)) != one.size:
                raise BackupError(
                    f"The backup in {self.location} is not whole: somebody deleted {_key(one.sha256)}; run it again."
                )
        self.lake.put(f"{_BACKUPS}{backup.id}{_SUFFIX}", gzip.compress(msgspec.json.encode(backup), 6))

    def ids(self) -> list[str]:
        """The backups that are whole, the oldest first."""
        found = [info.key.removeprefix(_BACKUPS) for info in self.lake.list(_BACKUPS)]
        return sorted(one.removesuffix(_SUFFIX) for one in found if one.endswith(_SUFFIX))

    def read(self, id_: str = "") -> Backup:
        """A backup, or the newest.

        Raises:
            BackupError: there is none of the name, or it cannot be read.
        """
        ids = self.ids()
        if not ids or (id_ and id_ not in ids):
            has = f"it has {', '.join(ids[-5:])}" if ids else "it has none that is whole"
            raise BackupError(f"There is no backup {id_}{' ' if id_ else ''}in {self.location}: {has}.")
        name = f"{_BACKUPS}{id_ or ids[-1]}{_SUFFIX}"
        try:
            found = msgspec.json.decode(gzip.decompress(self.lake.get(name)), type=Backup)
        except (msgspec.MsgspecError, OSError, EOFError) as error:
            raise BackupError(f"{self.lake.url(name)} cannot be read as a backup: name another one.") from error
        if found.format != FORMAT:
            raise BackupError(f"The backup {found.id} is of format {found.format}, and this code reads {FORMAT}.")
        return found


def new_id(now: datetime | None = None) -> str:
    """A name that sorts by time."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(2)}"


def _key(sha256: str) -> str:
    return f"{_OBJECTS}{sha256[:2]}/{sha256}"


Told = Callable[[str], None]
"""Is told in one line how far something has come."""
