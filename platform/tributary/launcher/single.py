"""One launcher at a time for a home folder, told by a lock that the kernel drops when its process ends.

The lock's file names the process that holds it, so that another terminal can ask it to end.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tributary.launcher.errors import LauncherError

LOCK = "up.lock"


@contextmanager
def only_launcher(home: Path) -> Iterator[None]:
    """Be the only launcher of `home` for as long as the context is open.

    Raises:
        LauncherError: when another one is.
    """
    with held(
        home / LOCK,
        f"Tributary is already up on {home}: use it, end it by `tributary down`, or set TRIBUTARY_HOME to another "
        "folder.",
    ):
        yield


@contextmanager
def held(path: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock for as long as the context is open.

    Raises:
        LauncherError: somebody else holds it; the error says `otherwise`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LauncherError(otherwise) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def is_up(home: Path) -> bool:
    """Whether a launcher of `home` is there."""
    return _holder(home / LOCK) is not None


def end_holder(path: Path, what: str, seconds: float) -> bool:
    """End the process that holds a lock, as SIGTERM does, and wait until it has let go; whether anybody held it.

    Raises:
        LauncherError: it does not end within the time, or the lock does not name it.
    """
    holder = _holder(path)
    if holder is None:
        return False
    if not holder:
        raise LauncherError(f"{what} is up, but {path} does not name its process: end it where it was started.")
    with suppress(ProcessLookupError):
        os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while _holder(path) is not None:
        if time.monotonic() > deadline:
            raise LauncherError(f"{what}, which process {holder} holds up, did not end within {seconds:.0f} s.")
        time.sleep(0.1)
    return True


def _holder(path: Path) -> int | None:
    """The process that holds the lock, 0 where it is not named; None where nobody does."""
    with suppress(FileNotFoundError), path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = lock.read().strip()
            return int(text) if text.isdigit() else 0
    return None
