"""One launcher at a time for a home folder, told by a lock that the kernel drops when its process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tributary.launcher.errors import LauncherError


@contextmanager
def only_launcher(home: Path) -> Iterator[None]:
    """Be the only launcher of `home` for as long as the context is open.

    Raises:
        LauncherError: when another one is.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LauncherError(
                f"Tributary is already up on {home}: use it, stop it first, or set TRIBUTARY_HOME to another folder."
            ) from error
        yield
