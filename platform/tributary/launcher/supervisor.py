"""Starting, watching and stopping a set of processes: each is started again when it ends, and all end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

from tributary.launcher.errors import LauncherError
from tributary.launcher.forking import Template
from tributary.launcher.guard import end_groups
from tributary.launcher.part import USUAL, Awaited, Part, Patience, Tended, Watched
from tributary.launcher.probes import succeeds
from tributary.launcher.process import USUAL_LOOKS, ChildProcess, Looks, ProcessSpec, usual_environment
from tributary.launcher.room import Room
from tributary.launcher.state import write_state
from tributary.resources.errors import AskedToEnd
from tributary.resources.places import IMPORT_ROOT

_POLL_SECONDS = 0.1
_TEND_SECONDS = 0.25
_STARTS_AGAIN = 1
"""How often a process that ends by itself is started again before all are ready, as the fault may pass."""


class Supervisor:
    """The processes of one launcher. Use it as a context manager, in the main thread: leaving it stops them all.

    While it is open, SIGTERM and SIGHUP end the launcher in order, as Ctrl-C does; its sudden death ends the children.
    A thread looks after the processes: one that ends is started again, with growing patience. Until `watch` is called
    they are starting, and one that ends by itself with a failure then is started again once only: it ends the same way.
    None is given up while the disk is full.

    Args:
        logs: the folder of the processes' logs, in the home.
        grace: seconds that the processes have to end when asked, before they are killed.
        patience: with which a part is started again.
        looks: how processes are asked for an answer.
        say: told in one line what happens to a part.
        shared: modules that most of the processes import. On Linux they are then imported once, by the process from
            which all are forked.
    """

    def __init__(
        self,
        logs: Path,
        grace: float = 10.0,
        patience: Patience = USUAL,
        looks: Looks = USUAL_LOOKS,
        say: Callable[[str], None] = lambda _line: None,
        shared: Sequence[str] = (),
    ) -> None:
        self.logs = logs
        self.grace = grace
        self.children: list[ChildProcess] = []
        self._patience, self._looks, self._say = patience, looks, say
        self._tended: list[Tended | Awaited] = []
        self._ground: list[Tended | Awaited] = []
        self._room = Awaited(Room(logs.parent), say, "can be written again")
        self._watching = False
        self._fault: str | None = None
        self._given_up: set[str] = set()
        self._told: tuple[dict[str, bool], dict[str, int]] | None = None
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="supervisor", daemon=True)
        self._guard: subprocess.Popen[str] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._template: Template | None = None
        if shared and sys.platform == "linux":
            self._template = Template(shared, logs, usual_environment(), self._tell_guard)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[number] = signal.signal(number, _leave)
        self._guard = subprocess.Popen(
            [sys.executable, "-S", "-P", "-m", "tributary.launcher.guard", str(self.grace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            env={"PYTHONPATH": str(IMPORT_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        self._thread.start()
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
        with self._lock:
            for spec in specs:
                child = ChildProcess(spec, self.logs, self._tell_guard, self._looks, self._template)
                self.children.append(child)
                self._tended.append(Tended(child, self._patience, self._say, apart=spec.apart))

    def stand_on(self, part: Part) -> None:
        """Hold up a part that runs already. Others cannot do without it: while it is down, they are not given up."""
        self._stand_on(Tended(part, self._patience, self._say))

    def wait_for(self, part: Watched) -> None:
        """Tell what becomes of a part that is not ours to start, and without which nothing works."""
        self._stand_on(Awaited(part, self._say))

    def _stand_on(self, tended: Tended | Awaited) -> None:
        with self._lock:
            self._ground.append(tended)
            self._tended.append(tended)

    def check(self) -> None:
        """Look whether all is well, or can be made so.

        Raises:
            LauncherError: a part was given up, with its name, what became of it and the end of its log.
        """
        if self._fault is not None:
            raise LauncherError(self._fault)

    def wait_ready(self, url: str, timeout: float = 120.0, of: str = "") -> None:
        """Wait until `url` answers, or until the process named `of`, without which the others go on, is given up.

        Raises:
            LauncherError: when another process is given up meanwhile, or after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not succeeds(url) and of not in self._given_up:
            self.check()
            if time.monotonic() > deadline:
                fault = f"Nothing answered at {url} within {timeout:.0f} s: see the logs in {self.logs}."
                if not of:
                    raise LauncherError(fault)
                self._say(fault)
                return
            time.sleep(_POLL_SECONDS)

    def watch(self) -> NoReturn:
        """Hold the processes up until one is given up, or until the launcher is asked to end.

        Raises:
            LauncherError: when one is given up.
        """
        self._watching = True
        while True:
            self.check()
            time.sleep(_POLL_SECONDS)

    def _tend(self) -> None:
        try:
            self._tend_all()
        finally:
            # Whatever ends it otherwise is in the launcher's own output; nobody looks after the parts any more.
            if self._fault is None and not self._ending.is_set():
                self._fault = "What looks after the processes broke down, so all were stopped."

    def _tend_all(self) -> None:
        while not self._ending.wait(_TEND_SECONDS):
            self._room.tend()
            for tended in tuple(self._tended):
                with self._lock:
                    if self._ending.is_set() or self._fault is not None:
                        return
                    patiently = self._room.is_down or any(one.is_down for one in self._ground if one is not tended)
                    self._note(tended, self._failed_to_start(tended) or tended.tend(patiently))
            down = {tended.part.name: tended.is_down for tended in self._tended} | dict.fromkeys(self._given_up, True)
            parts = [tended.part for tended in tuple(self._tended) if isinstance(tended, Tended)]
            pids = {part.name: part.pid for part in parts if part.pid is not None} | {"launcher": os.getpid()}
            if (down, pids) != self._told:
                write_state(self.logs.parent, down, pids)
                self._told = (down, pids)

    def _note(self, tended: Tended | Awaited, fault: str | None) -> None:
        if fault is None or isinstance(tended, Awaited) or not tended.apart:
            self._fault = fault
        else:
            self._tended.remove(tended)
            self._given_up.add(tended.part.name)
            self._say(fault)

    def _failed_to_start(self, tended: Tended | Awaited) -> str | None:
        part = tended.part
        if self._watching or self._room.is_down or not isinstance(part, ChildProcess) or (part.exit_code() or 0) <= 0:
            return None
        if isinstance(tended, Awaited) or tended.restarts < _STARTS_AGAIN:
            return None
        return tended.given_up(f"The process {part.name} {part.look()}")

    def stop(self) -> None:
        """End all processes and what they started: asked first, killed after the grace, at once on a second Ctrl-C."""
        self._ending.set()
        try:
            with self._lock:
                end_groups(self._groups(), self.grace, self._reap)
        except (KeyboardInterrupt, SystemExit):
            end_groups(self._groups(), 0.0, self._reap)
        if self._template is not None:
            self._template.stop()
        for child in self.children:
            child.wait()
            for group in child.groups:
                self._tell_guard(f"-{group}")
        self.children.clear()
        if self._thread.is_alive():
            self._thread.join(self.grace)
        guard, self._guard = self._guard, None
        if guard is not None and guard.stdin is not None:
            guard.stdin.close()
            guard.wait()

    def _reap(self) -> None:
        for child in self.children:
            child.exit_code()

    def _groups(self) -> list[int]:
        return [group for child in self.children for group in child.groups]

    def _tell_guard(self, line: str) -> None:
        if self._guard is None or self._guard.stdin is None:
            raise LauncherError("The supervisor is not open: start processes inside its `with` block.")
        try:
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()
        except BrokenPipeError as error:
            raise LauncherError("The launcher's guard process ended: start again.") from error


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise AskedToEnd(128 + number)
