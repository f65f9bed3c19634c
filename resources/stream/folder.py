"""The folder of journals: one process at a time has it, and finds in it what the process before could not deliver."""

from __future__ import annotations

import fcntl
import logging
from io import FileIO
from pathlib import Path

from tributary.resources.stream.errors import StreamFolderError
from tributary.resources.stream.frames import extent
from tributary.resources.stream.journal import Sealed
from tributary.resources.stream.naming import JOURNAL_SUFFIX, ObjectName

_LOCK = "lock"
_logger = logging.getLogger(__name__)


class JournalFolder:
    """The folder, held from construction to `release`; the kernel lets go of it when the process ends, however."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is missing, and take it.

        Raises:
            StreamFolderError: another stream has it, or it cannot be used.
        """
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FileIO(path / _LOCK, "a")
        except OSError as error:
            raise _unusable(path, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise StreamFolderError(
                f"Another process keeps its events in {path}; stop it, or give this one another TRIBUTARY_HOME."
            ) from None
        except OSError as error:
            self._lock.close()
            raise _unusable(path, error) from error

    def leftovers(self) -> list[Sealed]:
        """The journals in the folder, oldest first, as far as they are sound.

        Raises:
            StreamFolderError: a journal cannot be read.
        """
        try:
            found = [(path, ObjectName.of_journal(path.name)) for path in self.path.glob("*" + JOURNAL_SUFFIX)]
            sealed = [_sealed(path, name) for path, name in found if name is not None]
        except OSError as error:
            raise _unusable(self.path, error) from error
        # A second may have begun several, each ended before the next.
        return sorted(sealed, key=lambda journal: (journal.name.arrived, journal.path.stat().st_mtime_ns))

    def release(self) -> None:
        """Let go of the folder."""
        self._lock.close()


def _sealed(path: Path, name: ObjectName) -> Sealed:
    length, payload, torn, damaged = extent(path)
    if damaged:
        _logger.error("The journal %s is damaged after byte %d; what is sound before goes on.", path, length)
    elif torn:
        _logger.info("Cut %d bytes that were never acknowledged off the journal %s.", torn, path)
    return Sealed(path, name, length, payload, damaged)


def _unusable(path: Path, error: OSError) -> StreamFolderError:
    return StreamFolderError(
        f"The journal folder {path} cannot be used ({error.strerror}); make it a folder that this user can write."
    )
