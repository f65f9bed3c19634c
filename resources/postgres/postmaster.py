"""The running server seen from outside: is it there, is it ready, make it stop.

Only the standard library is used here: the keeper process imports this with nothing else on its path.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import struct
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tributary.resources.disk import full_disk

PORT = 5432
"""The number in the socket's name where no TCP port is opened."""

_PID_FILE = "postmaster.pid"
_PROC = Path("/proc")
_CONNECT_SECONDS = 2.0
_LOCAL = " [local] "
_LOOPBACK = re.compile(r" 127\.0\.0\.1\(\d+\) ")
_SSL_REQUEST = struct.pack("!II", 8, 80877103)
"""Asks whether the server speaks TLS; each one answers it in one byte, before anything else (PostgreSQL 18, 54.2.9)."""

_SECONDS_ON_A_FULL_DISK = 2.0


@dataclass(frozen=True)
class Postmaster:
    """What a data folder's `postmaster.pid` says of the server on it."""

    pid: int
    port: int
    socket_folder: Path
    status: str

    @property
    def accepts(self) -> bool:
        """Whether the server answers at this moment: for one that hangs, the kernel alone would take connections."""
        if self.status != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(_CONNECT_SECONDS)
            try:
                client.connect(str(socket_files(self.socket_folder, self.port)[0]))
                client.sendall(_SSL_REQUEST)
                return bool(client.recv(1))
            except OSError:
                return False


def pid_file(data: Path) -> Path:
    """Where the server on `data` writes its process id."""
    return data / _PID_FILE


def socket_files(folder: Path, port: int) -> tuple[Path, Path]:
    """The server's socket in its folder, and the lock file beside it."""
    return folder / f".s.PGSQL.{port}", folder / f".s.PGSQL.{port}.lock"


def read(data: Path) -> Postmaster | None:
    """What the pid file says, whether or not that process lives; None when there is no complete file."""
    try:
        lines = pid_file(data).read_text().splitlines()
    except FileNotFoundError:
        return None
    # The server writes the file line by line while it starts; the eighth line is its status.
    if len(lines) < 8 or not lines[0].isdigit():
        return None
    return Postmaster(int(lines[0]), int(lines[3]), Path(lines[4]), lines[7].strip())


def claimed_pid(data: Path) -> int | None:
    """The process id in the pid file, complete or not."""
    try:
        first = pid_file(data).read_text().partition("\n")[0].strip()
    except FileNotFoundError:
        return None
    return int(first) if first.isdigit() else None


def serves(pid: int, data: Path) -> bool:
    """Whether `pid` is a Postgres process that works in `data`: a process id alone may be reused by any program."""
    if (_PROC / "self").exists():
        try:
            executable = (_PROC / str(pid) / "exe").readlink()
            folder = (_PROC / str(pid) / "cwd").readlink()
        except OSError:
            return False
        # The link of a program replaced on disk ends in " (deleted)".
        return executable.name.split(" ")[0] == "postgres" and folder == data.resolve()
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return "postgres" in shown.stdout and str(data) in shown.stdout


def processes(data: Path) -> list[int]:
    """Every Postgres process that works in `data`: the postmaster and its children, or what a crash left of them."""
    if (_PROC / "self").exists():
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    else:
        listed = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
        pids = [int(word) for word in listed.stdout.split()]
    return [pid for pid in pids if serves(pid, data)]


def sessions(data: Path) -> list[str]:
    """Who has a session on the server open, as `user database` each; background workers of the server are none."""
    found = []
    for pid in processes(data):
        # The server names its processes in `ps`: "postgres: user database [local] what it does".
        title = _LOOPBACK.sub(_LOCAL, _title(pid))
        if _LOCAL in title:
            found.append(title.partition(": ")[2].partition(_LOCAL)[0].strip())
    return found


def stop(data: Path, patience: float = 15.0) -> bool:
    """Stop the server on `data`, ending its sessions.

    It is asked to shut down in order (Postgres calls that fast), then to do so at once and recover at its next start
    (immediate), and is then killed: a server that cannot write its last checkpoint would never end by itself.

    Args:
        data: the data folder.
        patience: seconds for the orderly way; a third of it for the next; a full disk shortens both.

    Returns:
        Whether nothing serves the folder any more.
    """
    for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, patience / 3), (signal.SIGKILL, patience)):
        pid = claimed_pid(data)
        if pid is None or not serves(pid, data):
            return True
        for one in processes(data) if number == signal.SIGKILL else [pid]:
            with suppress(ProcessLookupError):
                os.kill(one, number)
        begin = time.monotonic()
        while serves(pid, data):
            waited = time.monotonic() - begin
            if waited > seconds or (waited > _SECONDS_ON_A_FULL_DISK and number != signal.SIGKILL and full_disk(data)):
                break
            time.sleep(0.005)
        else:
            return True
    return False


def _title(pid: int) -> str:
    try:
        if (_PROC / "self").exists():
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return shown.stdout
