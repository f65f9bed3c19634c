"""Processor time and memory of processes and all that they start, by what each is, sampled over some time.

Memory is proportional (PSS): a page that several processes share is divided among them, so that sums are true.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

_LOOK_SECONDS = 0.5
_MEBIBYTE = 1024**2


@dataclass
class Use:
    """What processes of one kind took: seconds of processor time, mebibytes at the end, and how many there were."""

    cpu: float = 0.0
    memory: float = 0.0
    processes: int = 0


def used(roots: Callable[[], Iterable[int]], kind: Callable[[psutil.Process], str], seconds: float) -> dict[str, Use]:
    """What the processes `roots` and their descendants take within some seconds.

    A process counts from when it is first seen, or from the beginning where it began later; what it used in its last
    half second may be missing.
    """
    before = {key: cpu for key, (cpu, _) in _look(roots(), kind).items()}
    seen: dict[tuple[int, float], tuple[float, str]] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        seen |= _look(roots(), kind)
    found: dict[str, Use] = {}
    for key, (cpu, name) in seen.items():
        use = found.setdefault(name, Use())
        use.cpu += cpu - before.get(key, 0.0)
        use.processes += 1
        use.memory += _memory(*key)
    return found


def _look(roots: Iterable[int], kind: Callable[[psutil.Process], str]) -> dict[tuple[int, float], tuple[float, str]]:
    found: dict[tuple[int, float], tuple[float, str]] = {}
    for root in roots:
        with suppress(psutil.Error):
            process = psutil.Process(root)
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    times = one.cpu_times()
                    found[one.pid, one.create_time()] = (times.user + times.system, kind(one))
    return found


def _memory(pid: int, began: float) -> float:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.create_time() == began:
            return float(process.memory_full_info().pss) / _MEBIBYTE
    return 0.0
