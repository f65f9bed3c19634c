"""The process that starts the embedded server and stops it when nobody uses it any more.

Run as a module, with `START LOCK DATA LOG UID GID PROGRAM PATIENCE` as its words. It leaves its parent,
starts the server where START is 1, prints its process id, and waits for the exclusive lock on LOCK. Every user of the
server holds that lock shared, and the kernel drops a dead process's locks: so the keeper gets it exactly when the last
user is gone, even by `kill -9`, and then stops the server. Sessions of other programs (a `psql`) hold no lock: it is
kept for them, for PATIENCE seconds at most. Only the standard library is used here.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from typing import IO

from tributary.resources.postgres import postmaster

LOG_LIMIT = 8 * 1024 * 1024
"""Bytes of server log kept: beyond it, the keeper empties the file."""

LOCK_SUFFIX = ".keeper"
"""Put after LOCK: the name of the file that every keeper locks for as long as it lives."""

_LOG_CHECK_SECONDS = 30.0
_SESSIONS_LOOK_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Keep the server until its last user is gone."""
    start, lock, data, log, uid, gid, program, patience = arguments
    os.umask(0o077)
    if os.fork():
        # The parent waits for this process only until the keeper has left it.
        os._exit(0)
    os.setsid()
    os.chdir("/")
    # Whatever ends the terminal's session must not end the server under other users of it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A dead server is reaped by the kernel: as a zombie, it would look alive to the next one.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if start == "1":
        pid = _launch(program, Path(data), Path(log), int(uid), int(gid))
        os.write(sys.stdout.fileno(), f"{pid}\n".encode())
    else:
        os.write(sys.stdout.fileno(), b"0\n")
    _bound(Path(log))
    with Path(lock + LOCK_SUFFIX).open("a") as mark, Path(lock).open("a") as held:
        fcntl.flock(mark, fcntl.LOCK_SH)
        _let_go_of_the_starter()
        _wait_for_the_last(held, Path(data), float(patience))
        postmaster.stop(Path(data))
    return 0


def _wait_for_the_last(held: IO[str], data: Path, patience: float) -> None:
    """Return with the lock, when no user is left, and no other session or no patience with them."""
    began = 0.0
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            began = 0.0
            fcntl.flock(held, fcntl.LOCK_EX)
        began = began or time.monotonic()
        if time.monotonic() - began > patience or not postmaster.sessions(data):
            return
        fcntl.flock(held, fcntl.LOCK_UN)
        time.sleep(_SESSIONS_LOOK_SECONDS)


def _launch(program: str, data: Path, log: Path, uid: int, gid: int) -> int:
    """Start the server in a session of its own and return its process id."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    pid = os.fork()
    if pid:
        os.close(output)
        return pid
    try:
        os.setsid()
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.umask(0o077)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if os.geteuid() == 0:
            os.setgroups([gid])
            os.setgid(gid)
            os.setuid(uid)
        os.chdir(data)
        os.execve(program, [program, "-D", str(data)], {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"})  # noqa: S606
    except OSError as error:
        os.write(2, f"FATAL:  cannot start {program}: {error.strerror}\n".encode())
    os._exit(127)


def _let_go_of_the_starter() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


def _bound(log: Path) -> None:
    """Empty the log whenever it has grown past its limit (the server appends, so it goes on at the new end)."""

    def check(_signal: int, _frame: object) -> None:
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            os.truncate(log, 0)

    signal.signal(signal.SIGALRM, check)
    signal.setitimer(signal.ITIMER_REAL, _LOG_CHECK_SECONDS, _LOG_CHECK_SECONDS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
