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
    """To `Ready`, beside the same materialisation alone and one asset after the other; each on a home of its own."""
    alone, one_by_one, up = (
        best(timings)
        for timings in interleaved(
            min(bed.repeats, MOST_REPEATS),
            lambda: _materialise(bed),
            lambda: _until_ready(bed, steps_at_once=1),
            lambda: _until_ready(bed),
        )
    )
    what = "tributary up on a fresh home until Ready"
    return [
        Figure(
            "make_run",
            what,
            up,
            "tributary materialize on a fresh home",
            alone,
            at_most(up.wall, LIMIT, "s"),
            "the graph of all sources, samples made on the way; without the installation of packages.",
        ),
        Figure("make_run", what, up, "one asset after the other", one_by_one),
    ]


def _materialise(bed: Bed) -> Timing:
    with fresh_home(bed) as home:
        return bed.tributary("materialize", **AS_SET_OUT, **free_ports(), home=home)


def _until_ready(bed: Bed, steps_at_once: int = 0) -> Timing:
    with fresh_home(bed) as home, serving(home, steps_at_once=steps_at_once) as up:
        return Timing(up.ready_after)
