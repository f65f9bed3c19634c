"""The data folder on disk: making it, checking it, and writing its configuration. Processes belong elsewhere."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from tributary.resources.disk import full_disk
from tributary.resources.postgres import binaries, loopback
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.owner import ServerUser
from tributary.resources.postgres.tuning import configuration

SUPERUSER = "postgres"
"""The database role that Tributary connects as on the embedded server."""

_CONFIGURATION = "tributary.conf"
_SOCKET_RECORD = "tributary.socket"
# A Unix socket's path has at most 103 usable bytes on the tightest system; Postgres adds "/.s.PGSQL.5432".
_LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432")


def is_made(data: Path) -> bool:
    """Whether `data` is a finished data folder of this server's version.

    Raises:
        PostgresError: when something else is there, or another version's data.
    """
    try:
        version = (data / "PG_VERSION").read_text().strip()
        if version == str(binaries.MAJOR_VERSION):
            return True
    except FileNotFoundError:
        if not data.exists() or not any(data.iterdir()):
            return False
        raise PostgresError(
            f"{data} is not empty and not a Postgres data folder: move it away, or set TRIBUTARY_HOME to another place."
        ) from None
    except PermissionError:
        raise PostgresError(
            f"The Postgres data folder {data} belongs to another user: run as the user who made it, or set "
            "TRIBUTARY_HOME to a folder of your own."
        ) from None
    raise PostgresError(
        f"{data} was made by Postgres {version} and the embedded server is {binaries.MAJOR_VERSION}: move that folder "
        "away (what it holds can be materialised again), or bring it over with pg_upgrade."
    )


def make(data: Path, user: ServerUser) -> None:
    """Make the data folder: aside first and then renamed, so that a killed attempt leaves no half of one.

    Raises:
        PostgresError: with the reason that `initdb` gives.
    """
    data.parent.mkdir(parents=True, exist_ok=True)
    user.make_reachable(data)
    for leftover in data.parent.glob(f".{data.name}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{data.name}.new-", dir=data.parent))
    try:
        user.own(aside)
        _initdb(aside, user)
        with (aside / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude = '{_CONFIGURATION}'\n")
        _sync(aside)
        if data.exists():
            data.rmdir()
        aside.rename(data)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def configure(data: Path, user: ServerUser, port: int | None = None) -> None:
    """Write the configuration files that the server reads at its start; it opens a `port` on loopback where one is."""
    folder = _socket_folder(data, user)
    text = configuration(folder)
    if port is not None:
        _write(data / loopback.HBA_FILE, loopback.HBA, user)
        text += loopback.configuration(port)
    _write(data / _CONFIGURATION, text, user)


def _initdb(aside: Path, user: ServerUser) -> None:
    # Data checksums are off: with them, the first read after a bulk load logs every page of it (hint bits), and what is
    # here can be materialised again. The builtin C.UTF-8 collation sorts by code point: fast and the same everywhere.
    options = f"""
        --username={SUPERUSER} --auth-local=trust --auth-host=reject --encoding=UTF8 --locale=C
        --locale-provider=builtin --builtin-locale=C.UTF-8 --no-data-checksums --no-sync --no-instructions
    """.split()
    identity = (user.uid, user.gid, [user.gid]) if user.switch else (None, None, None)
    done = subprocess.run(
        [binaries.program("initdb"), *options, "-D", str(aside)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=identity[0],
        group=identity[1],
        extra_groups=identity[2],
    )
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if "FATAL" in line or "error:" in line]
        reason = full_disk(aside.parent) or next(iter(lines), done.stderr.strip() or f"exit code {done.returncode}")
        raise PostgresError(f"The Postgres data folder in {aside.parent} could not be made: {reason.rstrip('.')}.")


def _sync(folder: Path) -> None:
    """One `sync` is quicker than initdb's file by file, and as safe before the rename."""
    os.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _socket_folder(data: Path, user: ServerUser) -> Path:
    """The data folder itself (mode 0700) where its path is short enough, else a private folder of random name.

    That folder is recorded, so that it stays the same over restarts; it is used again only while it still belongs to
    the server's user and is closed to everybody else.
    """
    if len(os.fsencode(data)) <= _LONGEST_SOCKET_FOLDER:
        return data
    record = data / _SOCKET_RECORD
    if record.exists():
        folder = Path(record.read_text())
        if _is_private(folder, user):
            return folder
    folder = Path(tempfile.mkdtemp(prefix="tributary-"))
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
        folder.rmdir()
        raise PostgresError(
            f"Neither {data} nor the temporary folder has a path short enough for a Unix socket "
            f"({_LONGEST_SOCKET_FOLDER} bytes): set TRIBUTARY_HOME or TMPDIR to a shorter one."
        )
    user.own(folder)
    user.make_reachable(folder)
    _write(record, str(folder), user)
    return folder


def _is_private(folder: Path, user: ServerUser) -> bool:
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == user.uid and stat.S_IMODE(status.st_mode) == 0o700


def _write(path: Path, text: str, user: ServerUser) -> None:
    """Put `text` at `path` in one step, unless it is there."""
    if path.exists() and path.read_text() == text:
        return
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    user.own(Path(name))
    Path(name).replace(path)
