"""Whether a disk has room left: the cause behind many failures that do not name it. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path

FULL_BELOW = 20 * 1024 * 1024
"""Free bytes below which a disk counts as full once something failed: Postgres writes its log in files of 16 MB."""

LOW_BELOW = 1024**3
"""Free bytes below which a disk will soon be full: tables are built aside before they take the others' place."""


def free_bytes(path: Path) -> int:
    """Bytes that an ordinary user may still write to the disk of `path`, or of its nearest parent that exists."""
    for place in (path, *path.parents):
        try:
            found = os.statvfs(place)
        except OSError:
            continue
        # Where no more files can be made, room for bytes is of no use.
        return 0 if found.f_files and not found.f_favail else found.f_bavail * found.f_frsize
    return FULL_BELOW


def full_disk(path: Path) -> str | None:
    """A clause that says that the disk of `path` is full, and how full; None where it is not."""
    left = free_bytes(path)
    return f"its disk is full ({left / 1e6:.1f} MB are free)" if left < FULL_BELOW else None
