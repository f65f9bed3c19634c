"""One process of the launcher: what to run, its log file, and its process group."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes of a process's log; a full one is kept once, as `.1`."""

_TAIL_BYTES = 16_384


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
    """

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    wait_for: Path | None = None
    preload: tuple[str, ...] = ()

    def command(self) -> list[str]:
        """The command line that runs the module as a child of this process."""
        wait_for = str(self.wait_for) if self.wait_for else ""
        prefix = [sys.executable, "-m", "tributary.launcher.child", str(os.getpid()), wait_for, ",".join(self.preload)]
        return [*prefix, self.module, *self.arguments]


class ChildProcess:
    """A started process, in a session and process group of its own; what it says goes to its log file."""

    def __init__(self, spec: ProcessSpec, logs: Path) -> None:
        self.name = spec.name
        self.log = logs / f"{spec.name}.log"
        logs.mkdir(parents=True, exist_ok=True)
        self.bound_log(0)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                spec.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **spec.environment},
                start_new_session=True,
            )

    @property
    def group(self) -> int:
        """The process group, which holds the child and what it started."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """The code it ended with (negative: the signal that ended it); None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end; returns the code it ended with."""
        return self._process.wait()

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
