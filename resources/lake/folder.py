"""The lake as a folder: an object is a file, its key the path below the folder.

The methods are here; the ordered walk is in `folder_listing`, the crash-safe write in `folder_writing`. A folder holds
less than S3 in one point: a key cannot lie below another (`a` and `a/b`), which is refused as a `LakeKeyError`.
Symbolic links inside the folder are not objects and are never followed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from urllib.parse import quote

from tributary.resources.lake.errors import LakeAccessError, LakeKeyError, LakeLocationError, ObjectNotFoundError
from tributary.resources.lake.folder_errors import translated
from tributary.resources.lake.folder_listing import walk
from tributary.resources.lake.folder_writing import Writer
from tributary.resources.lake.keys import check_deletable_prefix, check_key, check_prefix
from tributary.resources.lake.model import CHUNK_BYTES, CONCURRENCY, Lake, ObjectData, ObjectInfo, check_count


class FolderLake(Lake):
    """A lake in `folder`, which is made where it is missing; one that is `read_only` is left as it is.

    Of somebody's folder that is only read, files that cannot be objects are none, and stop nobody.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        # Resolved once: a link to the lake is the user's choice, a link inside it is not followed.
        self._root = folder.resolve()
        self._url = self._root.as_uri()
        self._writer: Writer | None = None
        if read_only:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise LakeLocationError(f"The lake cannot be in {folder}, which is not a folder; name another.") from None
        except OSError as error:
            raise LakeAccessError(
                f"The lake's folder {folder} cannot be made ({error.strerror}); name another."
            ) from None
        self._writer = Writer(self._root)
        self._writer.sweep()

    def list(self, prefix: str, *, after: str | None = None) -> Iterator[ObjectInfo]:
        """See `Lake.list`. Costs one scan of each directory between the cursor and the end of the prefix."""
        check_prefix(prefix)
        if self._writer is None and not self._root.is_dir():
            raise LakeLocationError(f"There is no folder {self._root}; make it, or name another.")
        # A directory that is not there, or is reached by a link, holds no objects.
        if not self._is_straight(prefix.rpartition("/")[0]):
            return iter(())
        return self._listed(prefix, after)

    def _listed(self, prefix: str, after: str | None) -> Iterator[ObjectInfo]:
        with translated("list", f"{self._url}/{quote(prefix)}"):
            for key, entry in walk(str(self._root), prefix, after, skip_misnamed=self._writer is None):
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # deleted since its directory was read
                yield _info(key, status)

    def get(self, key: str) -> bytes:
        """See `Lake.get`."""
        with self._opened(key) as file, translated("read", self.url(key)):
            return file.readall()

    def open(self, key: str, *, chunk_size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """See `Lake.open`. The version that was opened is read to its end, whatever is put meanwhile."""
        check_count("chunk_size", chunk_size)
        return self._chunks(self._opened(key), self.url(key), chunk_size)

    @staticmethod
    def _chunks(file: FileIO, url: str, chunk_size: int) -> Iterator[bytes]:
        with file:
            while True:
                with translated("read", url):
                    chunk = file.read(chunk_size)
                if not chunk:
                    return
                yield chunk

    def head(self, key: str) -> ObjectInfo | None:
        """See `Lake.head`."""
        path = self._path(key)
        with translated("describe", self.url(key)):
            try:
                status = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
        return _info(key, status) if stat.S_ISREG(status.st_mode) else None

    def put(self, key: str, data: ObjectData) -> ObjectInfo:
        """See `Lake.put`."""
        return _info(key, self._writing.write(self._path(key), data, self.url(key)))

    def put_named(self, name: Callable[[], str | None], data: Iterable[bytes]) -> ObjectInfo | None:
        """See `Lake.put_named`."""
        key: str | None = None

        def place() -> tuple[Path, str] | None:
            nonlocal key
            key = name()
            return None if key is None else (self._path(key), self.url(key))

        status = self._writing.write_named(place, data, self._url)
        return None if key is None or status is None else _info(key, status)

    def get_many(self, keys: Sequence[str], *, concurrency: int = CONCURRENCY) -> Iterator[tuple[str, bytes]]:
        """See `Lake.get_many`. One after the other: threads only cost where a read does not wait."""
        check_count("concurrency", concurrency)
        return ((key, self.get(key)) for key in keys)

    def delete_prefix(self, prefix: str) -> int:
        """See `Lake.delete_prefix`. Directories that become empty go too."""
        writer, deleted = self._writing, 0
        parents: set[Path] = set()
        for info in self.list(check_deletable_prefix(prefix)):
            path = self._path(info.key)
            with translated("delete", self.url(info.key)), suppress(FileNotFoundError):
                path.unlink()
                deleted += 1
            parents.add(path.parent)
        writer.prune(parents)
        return deleted

    def url(self, key: str) -> str:
        """See `Lake.url`."""
        return f"{self._url}/{quote(check_key(key))}"

    def local_path(self, key: str) -> Path:
        """See `Lake.local_path`."""
        return self._root / check_key(key)

    @property
    def _writing(self) -> Writer:
        if self._writer is None:
            raise LakeAccessError(f"{self._url} is read only to Tributary; nothing is put there or deleted.")
        return self._writer

    def _path(self, key: str) -> Path:
        path = self.local_path(key)
        if not self._is_straight(key.rpartition("/")[0]):
            raise LakeKeyError(
                f"{key!r} leads through a symbolic link, which the lake does not follow; use real folders."
            )
        return path

    def _is_straight(self, directory: str) -> bool:
        """Whether no part of `directory`, of keys, is a symbolic link; parts that do not exist are none."""
        path = str(self._root)
        for segment in directory.split("/") if directory else ():
            path = f"{path}/{segment}"
            with translated("reach", f"{self._url}/{quote(directory)}"):
                try:
                    if stat.S_ISLNK(os.lstat(path).st_mode):
                        return False
                except (FileNotFoundError, NotADirectoryError):
                    return True
        return True

    def _opened(self, key: str) -> FileIO:
        path = self._path(key)
        with translated("read", self.url(key)):
            try:
                # O_NONBLOCK, because opening a pipe that someone left in the folder would wait for ever.
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                    raise ObjectNotFoundError(self.url(key)) from None
                raise
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise ObjectNotFoundError(self.url(key))
            return FileIO(descriptor)


def _info(key: str, status: os.stat_result) -> ObjectInfo:
    return ObjectInfo(
        key=key,
        size=status.st_size,
        modified=datetime.fromtimestamp(status.st_mtime_ns / 1_000_000_000, UTC),
        etag=f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}",
    )
