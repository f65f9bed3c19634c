"""Starting, watching and stopping a set of processes: they live together or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

from tributary.launcher.errors import LauncherError
from tributary.launcher.guard import end_groups
from tributary.launcher.process import ChildProcess, ProcessSpec

_POLL_SECONDS = 0.1
_ROOT = Path(__file__).resolve().parents[2]


class Supervisor:
    """The processes of one launcher. Use it as a context manager, in the main thread: leaving it stops them all.

    While it is open, SIGTERM and SIGHUP end the launcher in order, as Ctrl-C does; its sudden death ends the children.

    Args:
        logs: the folder of the processes' logs.
        grace: seconds that the processes have to end when asked, before they are killed.
    """

    def __init__(self, logs: Path, grace: float = 10.0) -> None:
        self.logs = logs
        self.grace = grace
        self.children: list[ChildProcess] = []
        self._guard: subprocess.Popen[str] | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[number] = signal.signal(number, _leave)
        self._guard = subprocess.Popen(
            [sys.executable, "-S", "-m", "tributary.launcher.guard", str(self.grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def start(self, *specs: ProcessSpec) -> None:
        """Start the processes, all at once."""
        for spec in specs:
            child = ChildProcess(spec, self.logs)
            self.children.append(child)
            self._tell_guard(f"+{child.group}")

    def check(self) -> None:
        """Look at the processes once.

        Raises:
            LauncherError: when one has ended, with its name, its exit code and the last lines of its log.
        """
        for child in self.children:
            code = child.exit_code()
            if code is not None:
                raise LauncherError(
                    f"The process {child.name} ended ({_meaning(code)}), so all were stopped; its log {child.log} "
                    f"ends with:\n{child.last_lines()}"
                )
            child.bound_log()

    def wait_ready(self, url: str, timeout: float = 120.0) -> None:
        """Wait until `url` answers with success.

        Raises:
            LauncherError: when a process ends meanwhile, or after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not _answers(url):
            self.check()
            if time.monotonic() > deadline:
                raise LauncherError(f"Nothing answered at {url} within {timeout:.0f} s: see the logs in {self.logs}.")
            time.sleep(_POLL_SECONDS)

    def watch(self) -> NoReturn:
        """Watch the processes until one ends, or until the launcher is asked to end.

        Raises:
            LauncherError: when one ends.
        """
        while True:
            self.check()
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End all processes and what they started: asked first, killed after the grace, at once on a second Ctrl-C."""
        try:
            end_groups(self._groups(), self.grace, self._reap)
        except (KeyboardInterrupt, SystemExit):
            end_groups(self._groups(), 0.0, self._reap)
        for child in self.children:
            child.wait()
            self._tell_guard(f"-{child.group}")
        self.children.clear()
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.wait()

    def _reap(self) -> None:
        for child in self.children:
            child.exit_code()

    def _groups(self) -> list[int]:
        return [child.group for child in self.children]

    def _tell_guard(self, line: str) -> None:
        if self._guard is None or self._guard.stdin is None:
            raise LauncherError("The supervisor is not open: start processes inside its `with` block.")
        try:
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()
        except BrokenPipeError as error:
            raise LauncherError("The launcher's guard process ended: start again.") from error


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


def _meaning(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  (an http URL of our own)
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
