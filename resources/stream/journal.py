"""One journal: a file to which groups of records are appended durably until it becomes an object in the lake.

When a journal begins and ends is decided in `firehose`; what a crashed process left behind is found in `folder`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tributary.resources.stream.errors import StreamUnavailableError
from tributary.resources.stream.frames import frame
from tributary.resources.stream.naming import ObjectName

# The file's length is data in this sense, its times are not; where the platform lacks it, all is synced.
_sync_data = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True)
class Sealed:
    """A journal that gets no more records: `length` bytes of the file count, with `payload` bytes of records.

    A damaged one is kept for a person to look at after its sound part was delivered.
    """

    path: Path
    name: ObjectName
    length: int
    payload: int
    damaged: bool = False


class Journal:
    """A journal that is being written, by one thread at a time."""

    def __init__(self, folder: Path, name: ObjectName) -> None:
        """Make the file, durably.

        Raises:
            StreamUnavailableError: the disk did not take it.
        """
        self.name = name
        self.path = folder / name.journal
        self._length = self._payload = 0
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise _unavailable(self.path, error) from error
        try:
            sync_folder(folder)
        except OSError as error:
            os.close(self._descriptor)
            raise _unavailable(self.path, error) from error

    @property
    def payload(self) -> int:
        """Bytes of records that are durable in it."""
        return self._payload

    def append(self, parts: Sequence[bytes]) -> None:
        """Make the parts durable, all or none. After a failure the journal must be sealed.

        Raises:
            StreamUnavailableError: the disk did not take them.
        """
        data = frame(parts)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            _sync_data(self._descriptor)
        except OSError as error:
            # A sync that failed says nothing about later ones, so this file gets no more; and what was not
            # acknowledged need not be delivered, though it would do no harm.
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._length)
            raise _unavailable(self.path, error) from error
        self._length += len(data)
        self._payload += sum(map(len, parts))

    def seal(self) -> Sealed:
        """End it."""
        with suppress(OSError):  # all that counts was synced, so closing can tell nothing new
            os.close(self._descriptor)
        return Sealed(self.path, self.name, self._length, self._payload)


def sync_folder(folder: Path) -> None:
    """A new name is durable only once its folder is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(path: Path, error: OSError) -> StreamUnavailableError:
    return StreamUnavailableError(
        f"The journal {path} cannot be written ({error.strerror}); free or mend the disk, and send the events again.",
        not_taken=0,
    )
