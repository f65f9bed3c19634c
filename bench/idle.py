"""What the platform costs while nobody asks it anything: processor time a minute and memory, by process.

`tributary up` as a newcomer has it, its live sample going on, beside the processes of `dagster dev` on an empty code
location: a web server, a daemon and a code server without anything to do. Processor time is compared, not wall time, so
that other users of the machine hardly matter.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bench.bed import Bed
from bench.clock import Timing
from bench.errors import BenchError
from bench.figures import Figure, at_most
from bench.serving import fresh_home, serving
from bench.usage import Use, used
from tributary.launcher.process import is_a_run
from tributary.launcher.state import pids
from tributary.resources.postgres import postmaster

SETTLE_SECONDS = 90.0
MINUTE = 60.0
BARE_START_SECONDS, BARE_END_SECONDS = 60.0, 5.0
CPU_LIMIT, MEMORY_LIMIT = 8.5, 950.0
"""Half of what it was: 16.8 seconds a minute, and 1,820 MB."""

_BARE = "dagster dev, an empty code location"
_RUNS, _POSTGRES = "runs", "Postgres"


def idle(bed: Bed) -> list[Figure]:
    """A minute of both for each repetition, after they have settled."""
    with fresh_home(bed) as home, serving(home):
        time.sleep(SETTLE_SECONDS)
        ours = used(lambda: _roots(home), lambda one: _kind(home, one), bed.repeats * MINUTE)
    with _bare() as root:
        time.sleep(SETTLE_SECONDS / 2)
        bare = used(lambda: [root], lambda _one: _BARE, bed.repeats * MINUTE)
    runs = ours.get(_RUNS, Use()).processes / bed.repeats
    note = f"{runs:.1f} runs a minute of the live sample; {_by_process(ours, bed.repeats)}"
    cpu, base = _total(ours, bed.repeats), _total(bare, bed.repeats)
    return [
        Figure("idle", "processor time a minute", cpu[0], _BARE, base[0], at_most(cpu[0].wall, CPU_LIMIT, "s"), note),
        Figure("idle", "memory, in GB", cpu[1], _BARE, base[1], at_most(cpu[1].wall * 1000, MEMORY_LIMIT, "MB")),
    ]


def _total(found: Mapping[str, Use], minutes: float) -> tuple[Timing, Timing]:
    """Processor seconds a minute, and gigabytes, in the place of a timing's seconds."""
    cpu = sum(one.cpu for one in found.values()) / minutes
    return Timing(cpu), Timing(sum(one.memory for one in found.values()) / 1000)


def _by_process(found: Mapping[str, Use], minutes: float) -> str:
    parts = sorted(found.items(), key=lambda one: -one[1].cpu)
    return ", ".join(f"{name} {one.cpu / minutes:.2f} s and {one.memory:.0f} MB" for name, one in parts)


def _roots(home: Path) -> Iterator[int]:
    yield from (pid for name, pid in pids(home).items() if name == "launcher")
    if (server := postmaster.read(home / "postgres")) is not None:
        yield server.pid


def _kind(home: Path, process: psutil.Process) -> str:
    """The part that a process is of, as the launcher notes it; its own children are the guard and what it started."""
    if is_a_run(process):
        return _RUNS
    parts = {pid: name for name, pid in pids(home).items()}
    for one in (process, *process.parents()):
        if one.pid in parts:
            return parts[one.pid]
    return _POSTGRES


@contextmanager
def _bare() -> Iterator[int]:
    """`dagster dev` on a module that defines nothing; the id of its process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nothing.py").write_text("import dagster as dg\n\ndefs = dg.Definitions()\n")
        (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", "dev", "-m", "nothing", "-p", "0", "-h", "127.0.0.1"],
            cwd=folder,
            env={"PATH": str(Path(sys.executable).parent), "HOME": name, "DAGSTER_HOME": name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + BARE_START_SECONDS
            while len(psutil.Process(process.pid).children(recursive=True)) < 3:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchError("`dagster dev` did not start.")
                time.sleep(0.5)
            yield process.pid
        finally:
            # It leaves some of its own behind, however it is asked to end.
            os.killpg(process.pid, signal.SIGTERM)
            time.sleep(BARE_END_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
