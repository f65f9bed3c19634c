"""Which process works on a run, and whether it still lives: a mark that each run carries as a tag.

A process id alone may be any program's by now, so the mark holds the process's start as well, and the machine's name,
since a process can only be looked for on its own machine.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from functools import lru_cache
from pathlib import Path

PROCESS_TAG = "tributary/process"
"""The run's tag that names its process, as `machine:pid:start`."""

_START_TICKS = 18
"""Where a process's start stands in /proc/PID/stat (proc_pid_stat(5)), counted behind its state."""


@lru_cache
def _mark_of(pid: int) -> str:
    return f"{socket.gethostname()}:{pid}:{_start(pid)}"


def own_mark() -> str:
    """The mark of this process."""
    return _mark_of(os.getpid())


def interrupt(mark: str) -> bool:
    """Ask the marked process of this machine to end, as Ctrl-C does; whether it could be asked."""
    try:
        os.kill(int(mark.split(":")[1]), signal.SIGINT)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_dead(mark: str) -> bool | None:
    """Whether the marked process is gone; None where this machine cannot tell."""
    machine, _, process = mark.partition(":")
    pid, _, start = process.partition(":")
    if machine != socket.gethostname() or not pid.isdigit():
        return None
    return _start(int(pid)) != start


def _start(pid: int) -> str:
    """When a process started, in a form that no other process of that id shares; empty where none lives."""
    if sys.platform == "linux":
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        # Ticks since the machine's boot: unlike a time of day, they do not move when the clock is set.
        return "" if state == "Z" else fields[_START_TICKS]
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else str(round(process.create_time()))
    except psutil.NoSuchProcess:
        return ""
