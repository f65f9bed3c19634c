"""The embedded Postgres server: started by its first user, shared by all, stopped when the last one is gone.

Users are processes: each holds a shared lock on one file for as long as it uses the server, which the kernel drops
when the process ends in any way. Databases and URLs belong to `databases.py`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from tributary.resources.disk import full_disk
from tributary.resources.places import IMPORT_ROOT
from tributary.resources.postgres import binaries, cluster, keeper, postmaster
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.owner import server_user

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLL_SECONDS = 0.005
_ORPHAN_PATIENCE = 5.0
_SESSION_PATIENCE = 1.0
_HUNG_PATIENCE = 5.0
FOREIGN_PATIENCE = 3600.0
"""Seconds for which the server outlives its last user while other programs have sessions on it."""

_logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """One user's hold on the server of a data folder.

    Args:
        data: the data folder; made when missing.
        lock: the file that users lock; its folder is made when missing.
        patience: seconds that a start may take, recovery after a crash included.
        foreign_patience: seconds for which the server stays while only other programs' sessions use it.
        port: the port on loopback that it opens when this user starts it; None for none.
    """

    def __init__(
        self,
        data: Path,
        lock: Path,
        patience: float = 600.0,
        foreign_patience: float = FOREIGN_PATIENCE,
        port: int | None = None,
    ) -> None:
        self.data = data.absolute()
        self.lock = lock.absolute()
        self.patience = patience
        self.foreign_patience = foreign_patience
        self.port = port
        self.log = self.data.parent / "logs" / f"{self.data.name}.log"
        self._held: IO[str] | None = None
        self._holder = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def socket_folder(self) -> Path:
        """Where the running server's Unix socket is.

        Raises:
            PostgresError: when no server runs on the data folder.
        """
        return self._running().socket_folder

    @property
    def socket_port(self) -> int:
        """The number in the name of the running server's Unix socket.

        Raises:
            PostgresError: when no server runs on the data folder.
        """
        return self._running().port

    def _running(self) -> postmaster.Postmaster:
        found = postmaster.read(self.data)
        if found is None:
            raise PostgresError(f"No Postgres runs on {self.data}: start it first.")
        return found

    def start(self) -> None:
        """Use the server: returns when it takes connections. Starts it, and makes its data folder, where needed.

        Raises:
            PostgresError: when it cannot start, with the cause from its log.
        """
        if self._held is not None:
            return
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        held = self.lock.open("a")
        try:
            # Waits only for a server that is being stopped at this moment.
            fcntl.flock(held, fcntl.LOCK_SH)
            self._ensure_server()
        except BaseException:
            held.close()
            raise
        self._held, self._holder = held, os.getpid()

    def runs(self) -> bool:
        """Whether the server has a process, answering or not."""
        pid = postmaster.claimed_pid(self.data)
        return pid is not None and postmaster.serves(pid, self.data)

    def revive(self) -> bool:
        """Start the server again where it has died under its users, or answers no more; whether that was needed.

        Raises:
            PostgresError: when it cannot start, with the cause from its log.
        """
        if self._held is None or self.is_ready():
            return False
        self._ensure_server()
        return True

    def stop(self) -> None:
        """Let go of the server; the last user to do so stops it, and returns when it is down.

        While other programs have sessions open it stays, and its keeper stops it after them.

        Raises:
            PostgresError: when the server does not end.
        """
        held, self._held = self._held, None
        if held is None:
            return
        with held:
            # A fork shares its parent's lock, which is not the child's to turn.
            if self._holder != os.getpid():
                return
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                # Turning the lock lets go of it first. Either others use the server, or its keeper was quicker.
                with suppress(BlockingIOError):
                    fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return
                time.sleep(_POLL_SECONDS)
            if others := self._sessions_left():
                self._ensure_keeper()
                _logger.warning(
                    "Postgres stays up for %d session(s) of other programs (%s), until they end or %d min have passed.",
                    len(others),
                    ", ".join(sorted(set(others))),
                    self.foreign_patience / 60,
                )
            elif not postmaster.stop(self.data):
                raise PostgresError(f"Postgres on {self.data} did not stop; see {self.log}.")

    def _sessions_left(self) -> list[str]:
        """The sessions that are still there after a moment: those of a process that has just ended are soon gone."""
        deadline = time.monotonic() + _SESSION_PATIENCE
        while (left := postmaster.sessions(self.data)) and time.monotonic() < deadline:
            time.sleep(10 * _POLL_SECONDS)
        return left

    def _ensure_server(self) -> None:
        if not self.is_ready():
            with self._starting():
                if not self.is_ready():
                    self._start_server()
        self._ensure_keeper()

    def is_ready(self) -> bool:
        """Whether the server takes connections at this moment."""
        try:
            found = postmaster.read(self.data)
        except PermissionError:
            return False
        # A killed server's socket still takes connections for the instant in which the kernel tears the process down.
        return found is not None and found.accepts and postmaster.serves(found.pid, self.data)

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """One start at a time, over all processes."""
        with self.lock.with_name(self.lock.name + ".start").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _start_server(self) -> None:
        user = server_user()
        install = binaries.install_folder()
        user.make_reachable(install)
        user.make_readable(install)
        if not cluster.is_made(self.data):
            cluster.make(self.data, user)
        user.make_reachable(self.data)
        deadline = time.monotonic() + self.patience
        pid = postmaster.claimed_pid(self.data)
        if pid is not None and postmaster.serves(pid, self.data):
            if self._status() == "stopping":
                # Whoever stops it in order holds the lock alone, so this one was left in the middle of it.
                postmaster.stop(self.data)
            elif self._status() == "ready" and not self._wake():
                postmaster.stop(self.data, _HUNG_PATIENCE)
            elif self._join(pid, deadline):
                return
        self._clear_the_crash()
        cluster.configure(self.data, user, self.port)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        log_start = self.log.stat().st_size if self.log.exists() else 0
        pid = self._run_keeper(start=True)
        if not self._join(pid, deadline):
            cause = full_disk(self.data) or self._cause(log_start)
            raise PostgresError(f"Postgres on {self.data} could not start: {cause}; its log is {self.log}.")

    def _status(self) -> str | None:
        found = postmaster.read(self.data)
        return found.status if found is not None else None

    def _wake(self) -> bool:
        """Let a server go on that was stopped by a signal; whether it answers then."""
        for pid in postmaster.processes(self.data):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        deadline = time.monotonic() + _HUNG_PATIENCE
        while not (ready := self.is_ready()) and time.monotonic() < deadline:
            time.sleep(10 * _POLL_SECONDS)
        return ready

    def _clear_the_crash(self) -> None:
        """Remove what a killed server left: children that still hold its shared memory, and its lock files.

        A new server refuses to start on either. The number in a lock file may by now be any other program's, or a
        dead process's that nobody has reaped, so only processes that are Postgres on this very folder are ended.
        """
        deadline = time.monotonic() + _ORPHAN_PATIENCE
        while orphans := postmaster.processes(self.data):
            number = signal.SIGQUIT if time.monotonic() < deadline else signal.SIGKILL
            for orphan in orphans:
                with suppress(ProcessLookupError):
                    os.kill(orphan, number)
            time.sleep(0.05)
        left = postmaster.read(self.data)
        if left is not None:
            for path in postmaster.socket_files(left.socket_folder, left.port):
                path.unlink(missing_ok=True)
        postmaster.pid_file(self.data).unlink(missing_ok=True)

    def _ensure_keeper(self) -> None:
        """Give the server a keeper where it has lost its own, as when that alone was killed."""
        with self.lock.with_name(self.lock.name + keeper.LOCK_SUFFIX).open("a") as kept:
            try:
                fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
        self._run_keeper(start=False)

    def _run_keeper(self, start: bool) -> int:
        """Run a keeper; returns the process id of the server that it started (0 where it was not to)."""
        user = server_user()
        words = [int(start), self.lock, self.data, self.log, user.uid, user.gid, binaries.program("postgres")]
        words.append(self.foreign_patience)
        done = subprocess.run(
            [sys.executable, "-S", "-P", "-m", "tributary.resources.postgres.keeper", *map(str, words)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.defpath, "PYTHONPATH": str(IMPORT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        if not done.stdout.strip().isdigit():
            reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise PostgresError(f"The process that keeps Postgres could not be started: {reason[0]}.")
        return int(done.stdout)

    def _join(self, pid: int, deadline: float) -> bool:
        """Wait for a server that is starting, recovering or stopping: True when it is ready, False when it ended."""
        while not self.is_ready():
            if not _is_alive(pid):
                return False
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"Postgres on {self.data} took no connections within {self.patience:.0f} s "
                    f"({self._cause(0)}); its log is {self.log}."
                )
            time.sleep(_POLL_SECONDS)
        return True

    def _cause(self, log_start: int) -> str:
        """The last complaint in the log since `log_start` (bytes), without its time stamp."""
        if not self.log.exists():
            return "it has no log"
        with self.log.open(errors="replace") as file:
            file.seek(log_start)
            lines = [line.strip() for line in file if line.strip()]
        for line in reversed(lines):
            for level in ("FATAL:", "PANIC:", "ERROR:"):
                if level in line:
                    return line.partition(level)[2].strip()
        return lines[-1] if lines else "its log says nothing"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
