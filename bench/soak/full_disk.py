"""A disk that runs full and is emptied again: only where the home has one of its own, as others would fail too."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

from tributary.resources.disk import LOW_BELOW, free_bytes
from tributary.resources.settings import PROJECT_ROOT

LOW_SECONDS, FULL_SECONDS = 25.0, 45.0
"""So long little is left, and then nothing."""

_FILLER = "filler"
_STEPS = (2**26, 2**20, 2**12)
_AGAIN_SECONDS = 0.5


class FullDisk:
    """The disk of a home.

    Args:
        home: the platform's.
    """

    def __init__(self, home: Path) -> None:
        self._filler = home.parent / _FILLER

    @property
    def is_its_own(self) -> bool:
        """Whether nothing else is on it, and there is room on it until it is filled."""
        folder = self._filler.parent
        elsewhere = {one.stat().st_dev for one in (PROJECT_ROOT, Path("/"))}
        return folder.stat().st_dev not in elsewhere and free_bytes(folder) > 2 * LOW_BELOW

    def fill(self) -> None:
        """Leave half of what is little for a while, and then nothing, not even what others free meanwhile."""
        with self._filler.open("wb") as file:
            try:
                _allocate(file.fileno(), 0, free_bytes(self._filler.parent) - LOW_BELOW // 2)
                time.sleep(LOW_SECONDS)
                end = time.monotonic() + FULL_SECONDS
                while time.monotonic() < end:
                    for step in _STEPS:
                        while _allocate(file.fileno(), os.fstat(file.fileno()).st_size, step):
                            pass
                    time.sleep(_AGAIN_SECONDS)
            finally:
                self._filler.unlink()


def _allocate(file: int, begin: int, size: int) -> bool:
    """Whether there was room for so many bytes more."""
    try:
        os.posix_fallocate(file, begin, size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
