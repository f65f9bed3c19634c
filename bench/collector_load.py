"""The collector under load: events a second with every one durable, and what a sender waits for its answer.

The baseline is the same requests to the same web server with an application that reads, answers and does nothing else.
Server and sender share the machine.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, Limit
from bench.processes import started

EVENTS_A_SECOND = 2_000
WARMING_REQUESTS = 200


@dataclass(frozen=True)
class Load:
    """So many requests of so many events each, over so many connections."""

    measured: str
    requests: int
    size: int
    connections: int


LOADS = (
    Load("20,000 single events, 64 connections", 20_000, 1, 64),
    Load("10,000 single events, 8 connections", 10_000, 1, 8),
    Load("100,000 events in batches of 100, 8 connections", 1_000, 100, 8),
)


def collector_load(bed: Bed) -> list[Figure]:
    """Single events over many and over few connections, and batches."""
    home = bed.root / "collector"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with collector_server("nothing", home) as nothing, collector_server("collector", home) as collector:
        return [_figure(bed, load, nothing, collector) for load in LOADS]


@dataclass(frozen=True)
class Server:
    pid: int
    port: int


def _figure(bed: Bed, load: Load, nothing: Server, collector: Server) -> Figure:
    for server in (nothing, collector):
        sending(bed, server, Load("", WARMING_REQUESTS, load.size, load.connections))()
    baseline, ours = (
        best(timings)
        for timings in interleaved(bed.repeats, sending(bed, nothing, load), sending(bed, collector, load))
    )
    rate = load.requests * load.size / ours.wall
    phases = ours.phases
    return Figure(
        "collector",
        load.measured,
        ours,
        "the same requests, answered only",
        baseline,
        Limit(f"≥ {EVENTS_A_SECOND} events/s", rate >= EVENTS_A_SECOND),
        f"{rate:,.0f} events/s, each durable when answered; a request took {phases['p50'] * 1000:.1f} ms (median), "
        f"{phases['p99'] * 1000:.1f} ms (99 %).",
    )


def sending(bed: Bed, server: Server, load: Load) -> Callable[[], Timing]:
    words = [str(server.port), str(load.requests), str(load.size), str(load.connections)]

    def run() -> Timing:
        before = _cpu(server.pid)
        done = json.loads(bed.python("-m", "bench.collector_sender", *words).output)
        phases = {"p50": done["p50"], "p99": done["p99"]}
        return Timing(done["wall"], done["cpu"] + _cpu(server.pid) - before, phases=phases)

    return run


def _cpu(pid: int) -> float:
    import psutil

    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)


@contextmanager
def collector_server(way: str, home: Path, *more: str) -> Iterator[Server]:
    """A collector, or what stands for none, in a process of its own."""
    with started("bench.collector_server", way, str(home), *more) as (pid, port):
        yield Server(pid, port)
