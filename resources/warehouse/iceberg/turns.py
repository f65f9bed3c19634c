"""Turns of writers on one machine: files that the kernel unlocks with a process, however it ends.

They keep two writers of a table from building where only one can land. What is right rests on commits alone, since
writers on other machines see no file of ours.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


class Turns:
    """Turns by name, in a folder; where there is none, nobody waits."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @contextmanager
    def take(self, name: str) -> Iterator[None]:
        """Exclude others on this machine that take the turn of this name."""
        if self._folder is None:
            yield
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / quote(name, safe="")).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
