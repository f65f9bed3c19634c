"""The launcher's side of the template: starts it when it is first needed, and asks it for processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from tributary.launcher.errors import LauncherError
from tributary.launcher.template import LONGEST, READY
from tributary.resources.kernel import adopting

_PATIENCE = 120.0
"""Seconds that the template may take to import, and to fork."""

_TRIES = 2


class Process(Protocol):
    """A child of this process, however it was started."""

    pid: int

    def poll(self) -> int | None:
        """What it ended with (negative: the signal that ended it); None while it runs."""

    def wait(self) -> int:
        """Wait for its end; returns what it ended with."""


class Forked:
    """A process that the template has forked, which is a child of this one."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """What it ended with; None while it runs, or somebody waits for its end."""
        if self._lock.acquire(blocking=False):
            try:
                self._reap(os.WNOHANG)
            finally:
                self._lock.release()
        return self._code

    def wait(self) -> int:
        """Wait for its end; returns what it ended with."""
        with self._lock:
            while self._code is None:
                self._reap(0)
        return self._code

    def _reap(self, options: int) -> None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)


class Template:
    """The process that holds what others share. Linux only: elsewhere nobody can be given another parent.

    Args:
        modules: what it imports.
        logs: the folder of its log, which is its current folder too.
        environment: its own, which is that of what it imports.
        tell: told of its process group when that begins (`+`) and ends (`-`).
    """

    def __init__(
        self, modules: Sequence[str], logs: Path, environment: Mapping[str, str], tell: Callable[[str], None]
    ) -> None:
        self._modules, self._logs, self._environment, self._tell = modules, logs, environment, tell
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._lock = threading.Lock()

    def fork(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: int) -> Forked:
        """A process in a session of its own that does what `launcher.child` is told by the arguments.

        Args:
            name: how it is named, as the kernel knows it.
            arguments: those of `launcher.child`.
            environment: its whole environment.
            log: the descriptor to which its output goes.

        Raises:
            LauncherError: none can be had.
        """
        request = {"name": name, "arguments": arguments, "environment": environment, "folder": str(self._logs)}
        told = json.dumps(request).encode()
        if len(told) > LONGEST:
            raise LauncherError(f"The environment of {name} is too large: unset variables that nobody needs.")
        with self._lock:
            for _ in range(_TRIES):
                with suppress(OSError):
                    channel = self._running()
                    with adopting():
                        socket.send_fds(channel, [told], [log])
                        if answer := channel.recv(LONGEST):
                            return Forked(int(answer))
                # It died, or what it has imported is another now.
                self._end()
        raise LauncherError(f"The process {name} cannot be started: see {self._logs / 'template.log'}.")

    def stop(self) -> None:
        """End the template; what was forked from it goes on."""
        with self._lock:
            self._end()

    def _running(self) -> socket.socket:
        if self._channel is not None:
            return self._channel
        self._logs.mkdir(parents=True, exist_ok=True)
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_PATIENCE)
        with its, (self._logs / "template.log").open("wb") as log:
            words = [sys.executable, "-m", "tributary.launcher.template", str(os.getpid()), str(its.fileno())]
            self._process = subprocess.Popen(
                [*words, *self._modules],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._logs,
                env=dict(self._environment),
                pass_fds=(its.fileno(),),
                start_new_session=True,
            )
        self._channel = ours
        self._tell(f"+{self._process.pid}")
        if ours.recv(LONGEST) != READY:
            raise OSError("the template ended early")
        return ours

    def _end(self) -> None:
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel is not None:
            channel.close()
        if process is not None:
            process.kill()
            process.wait()
            self._tell(f"-{process.pid}")
