"""Opens the files that people put into a folder, or says in one sentence why one of them cannot be read.

Nothing here waits: a pipe or a socket under a file's name is refused, and so are folders and devices.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

from tributary.resources.errors import TributaryError

CHUNK = 1 << 20
_PACKED = (".gz", ".zip", ".xz", ".bz2", ".zst", ".7z", ".rar", ".tar", ".tgz")
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class RetailFileError(TributaryError):
    """A source file is missing, is no file, cannot be read, or changes while it is read."""


def look_at(path: Path) -> os.stat_result:
    """Size and times of a source file.

    Raises:
        RetailFileError: it is not there, or no file that could be read.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise RetailFileError(_why_not(path, error)) from None
    for is_kind, kind in _KINDS:
        if is_kind(found.st_mode):
            raise RetailFileError(f"{path} is {kind}, not a file; put the file {path.name} in its place.")
    return found


def read_chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes in chunks of a megabyte.

    Raises:
        RetailFileError: it cannot be read.
    """
    look_at(path)
    try:
        # What became a pipe since it was looked at must not be waited for.
        with FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)) as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise RetailFileError(_why_not(path, error)) from None


def _why_not(path: Path, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return f"{path} is a link that leads back to itself; put the file {path.name} in its place."
    if isinstance(error, PermissionError):
        return f"{path} may not be read ({error.strerror}); give Tributary's user the right to read it and its folder."
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{path} cannot be read ({error.strerror}); check the file and its disk."
    if path.is_symlink():
        return f"{path} is a link to {path.readlink()}, which does not exist; put the file in its place."
    if not path.parent.is_dir():
        return f"The folder {path.parent}, where {path.name} should be, does not exist; check TRIBUTARY_RETAIL_DIR."
    return f"{path.name} is not in the folder {path.parent}{_instead(path)}"


def _instead(path: Path) -> str:
    """What lies in the folder in the file's place, and what to do."""
    try:
        names = sorted(found.name for found in path.parent.iterdir())
    except OSError:
        names = []
    other_case = [name for name in names if name.lower() == path.name.lower()]
    if other_case:
        return f", but {other_case[0]} is; rename it to {path.name}."
    packed = [name for name in names if name.lower().endswith(_PACKED)]
    # Its own first; else an archive, but not another file's.
    own = [name for name in packed if name.lower().startswith((f"{path.name}.".lower(), f"{path.stem}.".lower()))]
    packed = own or [name for name in packed if ".csv." not in name.lower()]
    if packed:
        return f", but {packed[0]} is, which is compressed; unpack it there."
    return "; put it there, or unset TRIBUTARY_RETAIL_DIR for a sample."
