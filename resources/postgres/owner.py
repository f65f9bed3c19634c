"""The operating-system user that the embedded server runs as.

Postgres refuses to run as root. An ordinary user runs the server as themselves; root runs it as a helper user, which
needs to reach the data folder and the programs: what that takes of file permissions belongs here, and no more of it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tributary.resources.postgres.errors import PostgresError

HELPER_USER = "pgserver"
"""The user that runs the server when Tributary runs as root; made when missing."""


@dataclass(frozen=True)
class ServerUser:
    """The user and group that own the server's processes and files; `switch` says that it is not the current user."""

    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        """Give `path` to the server's user (nothing to do when that is the current user)."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def make_reachable(self, path: Path) -> None:
        """Let the server's user walk to `path`: adds only the traverse bit, and only to parents that lack it.

        Raises:
            PostgresError: when a parent cannot be opened for traversal.
        """
        if not self.switch:
            return
        for parent in path.absolute().parents:
            status = parent.stat()
            needed = stat.S_IXUSR if status.st_uid == self.uid else stat.S_IXOTH
            if not status.st_mode & needed:
                _add_mode(parent, needed)

    def make_readable(self, tree: Path) -> None:
        """Let the server's user read the files of the installed `tree` (a strict umask hides them from it)."""
        if not self.switch:
            return
        folder, file = stat.S_IROTH | stat.S_IXOTH, stat.S_IROTH
        if tree.stat().st_mode & folder == folder:
            return
        for root, _, names in os.walk(tree, topdown=False):
            for name in names:
                path = Path(root, name)
                if not path.is_symlink():
                    executable = stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0
                    _add_mode(path, file | executable)
            _add_mode(Path(root), folder)


def server_user() -> ServerUser:
    """The user that the server runs as from this process.

    Raises:
        PostgresError: when root has no helper user and cannot make one.
    """
    uid = os.geteuid()
    if uid != 0:
        return ServerUser(uid, os.getegid(), switch=False)
    entry = _find_helper() or _make_helper()
    return ServerUser(entry.pw_uid, entry.pw_gid, switch=True)


def _find_helper() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(HELPER_USER)
    except KeyError:
        return None


def _make_helper() -> pwd.struct_passwd:
    commands = {
        "useradd": ["--system", "--user-group", "--no-create-home", "--home-dir", "/", "--shell", "/bin/false"],
        "adduser": ["-S", "-D", "-H", "-h", "/", "-s", "/bin/false"],
    }
    why = "neither useradd nor adduser is there"
    for name, options in commands.items():
        command = shutil.which(name)
        if command is None:
            continue
        done = subprocess.run([command, *options, HELPER_USER], capture_output=True, text=True, check=False)
        # The exit code says nothing of use where another process made the user at the same moment.
        if entry := _find_helper():
            return entry
        why = " ".join(done.stderr.split()) or f"{name} exited with {done.returncode}"
    raise PostgresError(
        f"Postgres does not run as root, and the helper user {HELPER_USER!r} could not be made ({why}): run Tributary "
        "as an ordinary user, or make that user."
    )


def _add_mode(path: Path, bits: int) -> None:
    try:
        path.chmod(stat.S_IMODE(path.stat().st_mode) | bits)
    except OSError as error:
        raise PostgresError(
            f"The embedded Postgres runs as user {HELPER_USER!r}, which cannot reach {path} ({error.strerror}): "
            "make that folder traversable by others, or set TRIBUTARY_HOME to another place."
        ) from error
