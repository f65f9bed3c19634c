"""How time is taken: wall time, processor time of the client and the server together, and interleaved repetitions.

Noise only ever adds, so the best repetition is the figure; baseline and ours take turns, so that a machine that slows
down slows both. Processor time stands beside it because it hardly changes when others use the machine.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from bench.errors import BenchError
from tributary.resources.postgres import postmaster

TAIL = 1_500
LONGEST_SECONDS = 3_600
# A backend that ends between two looks at the server is seen by neither, so the most of several readings is the truth.
READINGS = 4
READING_SECONDS = 0.1
WATCH_SECONDS = 0.05


@dataclass(frozen=True)
class Timing:
    """One measured piece of work: seconds of wall and of processor time; `peak_mb` is the client's resident memory.

    `phases` are seconds by name, where the work tells them; `output` is what a command wrote, and `began` when it was
    started, in seconds of the epoch.
    """

    wall: float
    cpu: float | None = None
    peak_mb: float | None = None
    phases: Mapping[str, float] = field(default_factory=dict)
    output: str = field(default="", repr=False)
    began: float = 0.0


@dataclass
class Reading:
    """Filled when a `metered` block ends."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def metered(data: Path) -> Iterator[Reading]:
    """Measure a block: wall time, and processor time of this process, its ended children and the server on `data`."""
    reading = Reading()
    cpu, wall = _cpu(data), time.perf_counter()
    yield reading
    reading.wall = time.perf_counter() - wall
    reading.cpu = _cpu(data) - cpu


def command(arguments: Sequence[str], data: Path, *, cwd: Path, env: Mapping[str, str] | None = None) -> Timing:
    """Run a program to its end and measure it.

    Raises:
        BenchError: it failed; the sentence holds the end of its output.
    """
    peaks = [0.0]
    with metered(data) as reading:
        began = time.time()
        process = subprocess.Popen(
            list(arguments), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        Thread(target=_watch, args=(process, peaks), daemon=True).start()
        try:
            out, err = process.communicate(timeout=LONGEST_SECONDS)
        finally:
            process.kill()
    if process.returncode:
        end = (out + err).strip()[-TAIL:]
        raise BenchError(f"{' '.join(arguments)[:200]} ended with {process.returncode}; its output ends with:\n{end}")
    return Timing(reading.wall, reading.cpu, max(peaks) or None, output=out, began=began)


def interleaved(repeats: int, *ways: Callable[[], Timing]) -> list[list[Timing]]:
    """Every way once, then every way again, `repeats` times; the timings of each way."""
    timings: list[list[Timing]] = [[] for _ in ways]
    for _ in range(repeats):
        for way, found in zip(ways, timings, strict=True):
            found.append(way())
    return timings


def best(timings: Sequence[Timing]) -> Timing:
    """The quickest by wall time, with the least processor time and the most memory of all."""
    quickest = min(timings, key=lambda timing: timing.wall)
    cpus = [timing.cpu for timing in timings if timing.cpu is not None]
    peaks = [timing.peak_mb for timing in timings if timing.peak_mb is not None]
    return Timing(
        wall=quickest.wall,
        cpu=min(cpus, default=None),
        peak_mb=max(peaks, default=None),
        phases=quickest.phases,
        output=quickest.output,
    )


def _cpu(data: Path) -> float:
    """Processor seconds so far of this process, its ended children, and the server on `data` with all its own."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    server = _server_cpu(data)
    for _ in range(READINGS - 1):
        time.sleep(READING_SECONDS)
        server = max(server, _server_cpu(data))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime + server


def _server_cpu(data: Path) -> float:
    import psutil

    found = postmaster.read(data)
    if found is None:
        return 0.0
    total = 0.0
    try:
        server = psutil.Process(found.pid)
        times = server.cpu_times()
        # What ended backends used is the postmaster's as soon as it has waited for them.
        total += times.user + times.system + times.children_user + times.children_system
        backends = server.children(recursive=True)
    except psutil.NoSuchProcess:
        return total
    for backend in backends:
        try:
            used = backend.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


def peak_megabytes(process: int | str = "self") -> float:
    """The most resident memory that a process, or this one, has had since it began (Linux); 0 where it has ended.

    By getrusage a process that was started by another counts what that one held, too.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0.0)


def _watch(process: subprocess.Popen[str], peaks: list[float]) -> None:
    """Note a process's peak memory until it ends; of what it starts nothing."""
    while process.returncode is None and (peak := peak_megabytes(process.pid)):
        peaks.append(peak)
        time.sleep(WATCH_SECONDS)


def flush_disks() -> None:
    """Write out what earlier work left in the page cache, so that it does not weigh on the next measurement."""
    os.sync()
