"""The folder of all local state: can it be used, and can nobody but its owner read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tributary.resources.errors import TributaryError

RESTORING = "restoring"
"""The note of a restore that is not over, in the home that it restores."""

OWN = (
    "backup-aside",
    "dagster",
    "lake",
    "logs",
    "iceberg",
    "postgres-tributary_*-password",
    "principal-key",
    "restore-aside",
    "run",
    "sample",
    "stream",
    "trino",
    "web-secret",
    "up.lock",
    "parts.json",
    "postgres.lock*",
)
"""What Tributary puts into its home, but for the data folder of Postgres, which Postgres itself keeps closed."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class HomeError(TributaryError):
    """The home folder cannot be used."""


def keep_private() -> None:
    """Let this process and its children make files that only their owner can read, whatever umask they were given."""
    os.umask(_OTHERS)


def prepare_home(home: Path, *, restores: bool = False) -> None:
    """Make the home folder where it is missing, and close to others what an earlier version left open in it.

    One whose restore was cut off is of use to nobody but who `restores` it.

    Raises:
        HomeError: it cannot be used, with the reason.
    """
    try:
        str(home).encode()
    except UnicodeEncodeError:
        raise HomeError(
            f"TRIBUTARY_HOME is {os.fsencode(home)!r}, whose name is no UTF-8: give the folder another name."
        ) from None
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
            raise HomeError(unusable(home, "it may not be written to"))
        if not restores and (home / RESTORING).exists():
            raise HomeError(unusable(home, "a restore into it was cut off; run `tributary restore` again"))
        for pattern in OWN:
            for path in home.glob(pattern):
                _close(path)
    except FileExistsError:
        raise HomeError(unusable(home, "it is no folder")) from None
    except OSError as error:
        raise HomeError(unusable(home, (error.strerror or type(error).__name__).lower())) from None


def put_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, in a folder that is made where it is missing: who reads it sees the old or the new.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.replace(path)


def unusable(home: Path, reason: str) -> str:
    """The sentence that says why a home folder cannot be used."""
    return f"TRIBUTARY_HOME is {home}, which cannot be used ({reason}): mend it, or name another folder."


def _close(path: Path) -> None:
    """Take a file or folder, and all that is in it, from others; a folder that is closed was closed with all in it."""
    if path.is_symlink() or not path.stat().st_mode & _OTHERS:
        return
    for inner in path.rglob("*") if path.is_dir() else ():
        if not inner.is_symlink():
            inner.chmod(stat.S_IMODE(inner.stat().st_mode) & ~_OTHERS)
    path.chmod(stat.S_IMODE(path.stat().st_mode) & ~_OTHERS)
