"""The crash-safe write of a folder lake: aside, to the disk, then into place by one rename.

Files being written live in a hidden directory of the lake, hence of the same file system. Each is locked by its writer
for as long as that lives, so that `sweep` can tell what a crash left behind from what is still being written, by
whichever process.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from tributary.resources.lake.errors import LakeKeyError, LakeUnavailableError
from tributary.resources.lake.folder_errors import translated
from tributary.resources.lake.model import CHUNK_BYTES, ObjectData
from tributary.resources.lake.sources import chunks_of

INCOMING = ".incoming"
"""The hidden directory; as its name begins with a dot, no key can reach it."""

_ATTEMPTS = 20


class Writer:
    """Writes files below `root`, the lake's folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / INCOMING

    def write(self, path: Path, data: ObjectData, url: str) -> os.stat_result:
        """Make `data` the content of the file `path`, durably, and return the file's status; `url` is for messages.

        Raises:
            LakeKeyError: an object lies where a folder is needed, or the reverse.
            LakeSourceError: a local file given as `data` cannot be read.
            LakeError: the disk did not take it.
        """
        status = self.write_named(lambda: (path, url), chunks_of(data, CHUNK_BYTES), url)
        assert status is not None  # noqa: S101 - it has a place
        return status

    def write_named(
        self, place: Callable[[], tuple[Path, str] | None], chunks: Iterable[bytes], url: str
    ) -> os.stat_result | None:
        """The same, of a file whose path and URL are asked for behind the last chunk; where there is none, nothing.

        Raises:
            LakeKeyError, LakeError: as `write`; `url` is for messages until then.
        """
        with self._aside(url) as (file, temporary):
            for chunk in chunks:
                with translated("write", url):
                    _write_all(file, chunk)
            found = place()
            if found is None:
                temporary.unlink(missing_ok=True)
                return None
            path, url = found
            with translated("write", url):
                os.fsync(file.fileno())
                self._move(temporary, path, url)
                return os.fstat(file.fileno())

    def sweep(self) -> int:
        """Delete what writers that are no more left behind, and return how many files that were."""
        with translated("clean", self._incoming.as_uri()):
            self._incoming.mkdir(exist_ok=True)
            swept = 0
            for path in self._incoming.iterdir():
                with suppress(FileNotFoundError, BlockingIOError), FileIO(path, "r+") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    swept += 1
            return swept

    def prune(self, directories: Iterable[Path]) -> None:
        """Remove those of `directories` that are empty, and the parents that become so, up to the root."""
        for directory in directories:
            # Which are empty is asked by trying: a look before would race with those who write.
            with suppress(OSError):
                while directory != self._root:
                    directory.rmdir()
                    directory = directory.parent

    @contextmanager
    def _aside(self, url: str) -> Iterator[tuple[FileIO, Path]]:
        temporary = self._incoming / uuid.uuid4().hex
        with translated("write", url):
            file = self._created(temporary)
        with file:
            try:
                yield file, temporary
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _created(self, temporary: Path) -> FileIO:
        for _ in range(_ATTEMPTS):
            try:
                file = FileIO(temporary, "x")
            except FileNotFoundError:
                self._incoming.mkdir(parents=True, exist_ok=True)
                continue
            fcntl.flock(file, fcntl.LOCK_EX)
            # Between creation and lock, a sweep may have taken the file for a leftover.
            if temporary.exists():
                return file
            file.close()
        raise LakeUnavailableError(f"The folder {self._incoming} is being emptied all the time; try again later.")

    def _move(self, temporary: Path, path: Path, url: str) -> None:
        for _ in range(_ATTEMPTS):
            try:
                temporary.replace(path)
            except FileNotFoundError:
                # The parent is missing: not made yet, or emptied and removed by a deletion meanwhile.
                self._make_directory(path.parent, url)
            except (IsADirectoryError, NotADirectoryError):
                raise _conflict(url) from None
            else:
                _sync_directory(path.parent)
                return
        raise LakeUnavailableError(f"The folder of {url} is being deleted all the time; try again later.")

    def _make_directory(self, directory: Path, url: str) -> None:
        missing = [directory]
        while not missing[-1].parent.exists():
            missing.append(missing[-1].parent)
        for path in reversed(missing):
            try:
                path.mkdir(exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise _conflict(url) from None
            except FileNotFoundError:
                return  # removed meanwhile; the caller tries again
            _sync_directory(path.parent)


def _write_all(file: FileIO, chunk: bytes) -> None:
    # Unbuffered, so that closing after a failed write has nothing left to write and cannot fail again.
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _conflict(url: str) -> LakeKeyError:
    return LakeKeyError(
        f"{url} cannot be put because a folder lake holds no key below another (a and a/b); choose another key."
    )


def _sync_directory(directory: Path) -> None:
    """A new name is durable only once its directory is on the disk."""
    with suppress(FileNotFoundError):
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
