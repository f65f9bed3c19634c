"""Loading the two large files: the warehouse's replace, beside one plain COPY of the same file by a client."""

from __future__ import annotations

import json
from collections.abc import Callable

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, at_most, ratio_at_most
from tributary.assets.retail.files import PROMOTIONS, TRANSACTIONS, SourceFile

LIMIT = 1.3
MOST_MEGABYTES = 500
PROMOTION_REPEATS = 2
"""A load of 36.8 M rows is long enough to outlast most noise, and three ways of it take minutes a repetition."""


def load_transactions(bed: Bed) -> list[Figure]:
    """The sales: many columns, decimals, a derived timestamp, two rules and three checks."""
    return _load(bed, "load_transactions", TRANSACTIONS, bed.repeats)


def load_promotions(bed: Bed) -> list[Figure]:
    """The promotions: few columns and very many rows; and the memory that takes."""
    return _load(bed, "load_promotions", PROMOTIONS, min(bed.repeats, PROMOTION_REPEATS))


def _load(bed: Bed, bench: str, source: SourceFile, repeats: int) -> list[Figure]:
    with_rules, plain, ours = (
        best(timings)
        for timings in interleaved(
            repeats,
            _way(bed, "copy_with_rules", source),
            _way(bed, "copy_plain", source),
            _way(bed, "replace", source),
        )
    )
    phases = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in ours.phases.items())
    size = (bed.files / source.file).stat().st_size / 1e6
    memory = at_most(ours.peak_mb or 0.0, MOST_MEGABYTES, "MB")
    what = f"replace of {source.table.key} ({size:.0f} MB)"
    return [
        Figure(
            bench,
            what,
            ours,
            "COPY into the same definition",
            with_rules,
            ratio_at_most(ours, with_rules, LIMIT),
            f"phases: {phases}; peak memory {ours.peak_mb or 0:.0f} MB, limit {memory.words}: "
            f"{'met' if memory.met else 'not met'}.",
        ),
        Figure(bench, what, ours, "COPY into bare columns", plain, None),
    ]


def _way(bed: Bed, way: str, source: SourceFile) -> Callable[[], Timing]:
    def run() -> Timing:
        bed.settle()
        done = bed.python("-m", "bench.load_worker", way, source.name, str(bed.files / source.file))
        return Timing(**json.loads(done.output))

    return run
