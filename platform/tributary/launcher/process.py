"""One process of the launcher: what to run, its log file, its process group, and starting it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.launcher.forking import Process, Template
from tributary.launcher.guard import exists
from tributary.launcher.probes import Answer, Probe, within
from tributary.resources.dagster_internals import RUN_PROCESS
from tributary.resources.places import PROJECT, PROJECT_VARIABLE

if TYPE_CHECKING:
    import psutil

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes of a process's log; a full one is kept once, as `.1`."""

_TAIL_BYTES = 16_384

# A process of many threads that are mostly idle would keep an arena of memory for each of them.
_FRUGAL = {"MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True)
class ProcessSpec:
    """A Python module to run in a process of its own.

    Args:
        name: what people call it; its log is `<name>.log`.
        module: the module, run as `python -m` would.
        arguments: the module's arguments.
        environment: variables added to the launcher's own.
        wait_for: a Unix socket that must answer before the module runs.
        preload: modules to import during that wait.
        probe: asks whether it still answers, from its first answer on; a process that does not is started again.
        apart: where it cannot be held up, the others go on without it.
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    wait_for: Path | None = None
    preload: tuple[str, ...] = ()
    probe: Probe | None = None
    apart: bool = False

    def told(self) -> list[str]:
        """What `tributary.launcher.child` is told, to run the module as a child of this process."""
        wait_for = str(self.wait_for) if self.wait_for else ""
        return [str(os.getpid()), wait_for, ",".join(self.preload), self.module, *self.arguments]


@dataclass(frozen=True)
class Looks:
    """How often a process is asked for an answer, how many misses it may have in a row, and seconds for its start."""

    every: float = 2.0
    refusals: int = 4
    late: int = 12
    start: float = 300.0


USUAL_LOOKS = Looks()


class ChildProcess:
    """A started process, in a session and process group of its own; what it says goes to its log file.

    Args:
        spec: what to run.
        logs: the folder of the logs; it is the process's current folder too. Python and Dagster import what lies in the
            current folder, whatever its name, so that must be none of the user's (and without it, as with Python's -P,
            Dagster takes away the first entry of the path all the same).
        tell: told of each process group that begins (`+`) and ends (`-`).
        looks: how it is asked for an answer.
        template: what it is forked from; None to start an interpreter.
    """

    def __init__(
        self,
        spec: ProcessSpec,
        logs: Path,
        tell: Callable[[str], None] = lambda _line: None,
        looks: Looks = USUAL_LOOKS,
        template: Template | None = None,
    ) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self._tell, self._looks, self._template = tell, looks, template
        self._left: list[int] = []
        logs.mkdir(parents=True, exist_ok=True)
        self.bound_log(0)
        self._start()

    def _start(self) -> None:
        environment = {**usual_environment(), **self.spec.environment}
        with self.log.open("ab") as output:
            if self._template is not None:
                self._process: Process = self._template.fork(self.name, self.spec.told(), environment, output.fileno())
            else:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tributary.launcher.child", *self.spec.told()],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=self.log.parent,
                    env=environment,
                    start_new_session=True,
                )
        self._began, self._asked = time.monotonic(), 0.0
        self._answered, self._refused, self._late = False, 0, 0
        self._tell(f"+{self.group}")

    @property
    def name(self) -> str:
        """What people call it."""
        return self.spec.name

    @property
    def group(self) -> int:
        """The process group, which holds the child and what it started."""
        return self._process.pid

    @property
    def groups(self) -> list[int]:
        """The process groups of the child, and those of earlier ones in which runs still go on."""
        return [*self._left, self.group]

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """The code it ended with (negative: the signal that ended it); None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end; returns the code it ended with."""
        return self._process.wait()

    @property
    def is_starting(self) -> bool:
        """Whether it has yet to answer for the first time."""
        return self.spec.probe is not None and not self._answered

    def look(self) -> str | None:
        """What is wrong with it: it ended, or no longer answers."""
        code = self.exit_code()
        if code is not None:
            return f"ended ({meaning(code)})"
        with suppress(OSError):
            # Where a disk is full, it is bounded at a later look.
            self.bound_log()
        self._forget_empty_groups()
        if self.spec.probe is None or time.monotonic() - self._asked < self._looks.every:
            return None
        self._note(within(self.spec.probe))
        self._asked = time.monotonic()
        if not self._answered:
            return "does not answer" if time.monotonic() - self._began > self._looks.start else None
        gone = self._refused >= self._looks.refusals or self._late >= self._looks.late
        return "no longer answers" if gone else None

    def _note(self, answer: Answer) -> None:
        if answer == "yes":
            self._answered, self._refused, self._late = True, 0, 0
        elif self._answered and answer == "late":
            self._late += 1
        elif self._answered:
            self._refused += 1

    def restart(self, grace: float = 5.0) -> None:
        """Start it anew; what it was is ended first, but for the runs that it started: they go on to their end."""
        self._end_but_runs(grace)
        if exists(self.group):
            self._left.append(self.group)
        else:
            self._tell(f"-{self.group}")
        self._start()

    def _end_but_runs(self, grace: float) -> None:
        import psutil

        members = [one for one in psutil.process_iter() if _is_in(one.pid, self.group) and not is_a_run(one)]
        for one in members:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGTERM)
                # What is stopped takes no other signal.
                one.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + grace
        while any(map(_lives, members)) and time.monotonic() < deadline:
            self.exit_code()
            time.sleep(0.02)
        for one in members:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.wait()

    def _forget_empty_groups(self) -> None:
        for group in [group for group in self._left if not exists(group)]:
            self._left.remove(group)
            self._tell(f"-{group}")

    def last_words(self) -> str:
        """Where it said why, and the end of that."""
        return f"its log {self.log} ends with:\n{self.last_lines()}"

    def last_lines(self, count: int = 5) -> str:
        """The last lines that are not empty of its log."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode(errors="replace")
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        return "\n".join(lines[-count:])

    def bound_log(self, limit: int = LOG_LIMIT) -> None:
        """Keep the log below `limit` bytes: a longer one is copied to `.1` and emptied (its writer appends)."""
        if not self.log.exists() or self.log.stat().st_size <= limit:
            return
        aside = self.log.with_name(self.log.name + ".1.new")
        aside.write_bytes(self.log.read_bytes())
        aside.replace(self.log.with_name(self.log.name + ".1"))
        os.truncate(self.log, 0)


def usual_environment() -> dict[str, str]:
    """The environment of what the launcher starts, beside what that alone needs."""
    return {**_FRUGAL, **os.environ, PROJECT_VARIABLE: str(PROJECT), "PYTHONUNBUFFERED": "1"}


def meaning(code: int) -> str:
    """An exit code for people."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _is_in(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def is_a_run(process: psutil.Process) -> bool:
    """Whether a process executes a run of Dagster's."""
    import psutil

    try:
        return bool(process.name() == RUN_PROCESS)
    except psutil.Error:
        return False


def _lives(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
