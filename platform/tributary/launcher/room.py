"""Room on the disk of the home, as the launcher waits for it: without room every part fails, and none is to blame."""

from __future__ import annotations

from pathlib import Path

from tributary.resources.disk import full_disk


class Room:
    """Room on a disk.

    Args:
        home: a folder on it.
    """

    name = "The home"

    def __init__(self, home: Path) -> None:
        self._home = home

    def look(self) -> str | None:
        """That there is none."""
        full = full_disk(self._home)
        return f"cannot be written, as {full}" if full else None
