"""`tributary up` on a fresh home, every source a sample of its default size: what a newcomer waits for.

The installation of packages is no part of it.
"""

from __future__ import annotations

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, at_most
from bench.serving import AS_SET_OUT, free_ports, fresh_home, serving

LIMIT = 90.0
MOST_REPEATS = 2


def make_run(bed: Bed) -> list[Figure]:
    """To `Ready`, beside the same materialisation alone; each on a home that does not exist yet."""
    alone, up = (
        best(timings)
        for timings in interleaved(min(bed.repeats, MOST_REPEATS), lambda: _materialise(bed), lambda: _until_ready(bed))
    )
    return [
        Figure(
            "make_run",
            "tributary up on a fresh home until Ready",
            up,
            "tributary materialize on a fresh home",
            alone,
            at_most(up.wall, LIMIT, "s"),
            "the graph of all sources, samples made on the way; without the installation of packages.",
        )
    ]


def _materialise(bed: Bed) -> Timing:
    with fresh_home(bed) as home:
        return bed.tributary("materialize", **AS_SET_OUT, **free_ports(), home=home)


def _until_ready(bed: Bed) -> Timing:
    with fresh_home(bed) as home, serving(home) as up:
        return Timing(up.ready_after)
