"""A change of `core.fact_basket` in an environment: begun, compared and promoted, beside making the same in production.

What reads it is made along, in both. Each round changes which days are left out, so that nothing is found made already.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import count

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.errors import BenchError
from bench.figures import Figure, at_most, ratio_at_most
from bench.graph import SELECTION

ENVIRONMENT = "bench"
CHANGED = f"core.fact_basket+ and ({SELECTION})"
_ROUNDS = count(1)


def environments(bed: Bed) -> list[Figure]:
    """The retail graph is in production; the environment begins without a copy of it."""
    bed.files.resolve()  # they are made on first use
    bed.tributary("materialize", SELECTION)
    with suppress(BenchError):  # there is one only where an earlier bench was cut off
        bed.tributary("env", "drop", ENVIRONMENT)

    def run(*words: str, after: int) -> Timing:
        return bed.python("-m", "bench.environments_worker", f"where day_no > {after}", *words)

    def again() -> Timing:
        return run("materialize", CHANGED, after=next(_ROUNDS))

    begun: list[Timing] = []
    compared: list[Timing] = []
    idle: list[Timing] = []

    def promoted() -> Timing:
        after = next(_ROUNDS)
        begun.append(run("--env", ENVIRONMENT, "materialize", CHANGED, after=after))
        idle.append(run("--env", ENVIRONMENT, "materialize", CHANGED, after=after))
        compared.append(run("--env", ENVIRONMENT, "diff", "core.fact_basket", after=after))
        return run("--env", ENVIRONMENT, "promote", after=after)

    made, published = (best(timings) for timings in interleaved(bed.repeats, again, promoted))
    bed.tributary("env", "drop", ENVIRONMENT)
    what = f"tributary --env {ENVIRONMENT}"
    baseline = "tributary materialize core.fact_basket+"
    first, unchanged, difference = best(begun), best(idle), best(compared)
    note = "with all that reads it, but for what bench graph leaves out; whole processes."
    return [
        Figure("environments", f"{what} materialize", first, baseline, made, ratio_at_most(first, made, 1.3), note),
        Figure(
            "environments",
            f"{what} materialize, again",
            unchanged,
            baseline,
            made,
            at_most(unchanged.cpu or 0.0, 5, "s of processor time"),
        ),
        Figure(
            "environments",
            f"{what} diff core.fact_basket",
            difference,
            baseline,
            made,
            at_most(difference.cpu or 0.0, 3, "s of processor time"),
        ),
        Figure("environments", f"{what} promote", published, baseline, made, ratio_at_most(published, made, 1.0)),
    ]
