"""What the platform's processes take: CPU and memory, by the part of `tributary up` that they belong to."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from tributary.launcher.process import is_a_run
from tributary.launcher.state import pids
from tributary.resources.postgres import postmaster

RUNS = "runs"
"""What the processes of runs are shown as, whichever part started them."""


@dataclass(frozen=True)
class Use:
    """What a part takes.

    Attributes:
        name: of the part.
        processes: how many it has.
        cpu: percent of one core, since the look before, or where there was none since the process began.
        memory: bytes, of what several processes share its part.
        since: when its first process began.
    """

    name: str
    processes: int
    cpu: float
    memory: int
    since: datetime


@dataclass(frozen=True)
class Machine:
    """What the machine has: cores, percent of all of them in use, bytes of memory in all and free."""

    cores: int
    cpu: float
    memory: int
    available: int


_FIRST_SECONDS = 0.1


class Processes:
    """Looks at processes again and again; not safe for use by several threads at once.

    Args:
        home: where the launcher noted its parts.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._before: dict[tuple[int, float], tuple[float, float]] = {}

    def look(self) -> tuple[Machine, list[Use]]:
        """What is taken now."""
        # What it tells is since the look before, and for the first look there is none.
        busy = psutil.cpu_percent(None if self._before else _FIRST_SECONDS)
        now, seen = time.time(), {}
        totals: dict[str, list[float]] = {}
        for name, process in self._members():
            with suppress(psutil.Error), process.oneshot():
                began, times = process.create_time(), process.cpu_times()
                used = times.user + times.system
                key = (process.pid, began)
                seen[key] = (used, now)
                before, then = self._before.get(key, (0.0, began))
                total = totals.setdefault(RUNS if is_a_run(process) else name, [0, 0.0, 0, now])
                total[0] += 1
                total[1] += 100 * max(used - before, 0.0) / max(now - then, 0.001)
                total[2] += _memory(process)
                total[3] = min(total[3], began)
        self._before = seen
        uses = [
            Use(name, int(number), cpu, int(memory), datetime.fromtimestamp(began, UTC))
            for name, (number, cpu, memory, began) in totals.items()
        ]
        has = psutil.virtual_memory()
        machine = Machine(psutil.cpu_count() or 1, busy, has.total, has.available)
        return machine, sorted(uses, key=lambda one: -one.memory)

    def _members(self) -> Iterator[tuple[str, psutil.Process]]:
        parts = dict(self._parts())
        own = set(parts.values())
        for name, pid in parts.items():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                yield name, process
                # The launcher's children are parts of their own.
                if name != "launcher":
                    yield from ((name, child) for child in process.children(recursive=True) if child.pid not in own)

    def _parts(self) -> Mapping[str, int]:
        noted = dict(pids(self._home)) or {"web": os.getpid()}
        server = postmaster.read(self._home / "postgres")
        return {**noted, "Postgres": server.pid} if server is not None else noted


def _memory(process: psutil.Process) -> int:
    """Bytes that a process takes; pages that were there before a fork are counted once, where the system tells."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)
