"""`gold.household_summary` from the files: through the graph, beside the same table worked out in pandas."""

from __future__ import annotations

from bench.bed import Bed
from bench.clock import Timing, best, interleaved
from bench.figures import Figure, ratio_at_most

SELECTION = "+gold.household_summary"
_SCRIPT = """
import sys
from pathlib import Path
from tests.retail.oracle import household_summary, read_source
print(len(household_summary(read_source(Path(sys.argv[1])))))
"""


def pandas_summary(bed: Bed) -> list[Figure]:
    """All that the table needs, from nothing; and again, with the files as they were."""

    def pandas() -> Timing:
        return bed.python("-c", _SCRIPT, str(bed.files))

    def ours() -> Timing:
        bed.empty_platform()
        return bed.tributary("materialize", SELECTION)

    def again() -> Timing:
        bed.settle()
        return bed.tributary("materialize", SELECTION)

    baseline, first, second = (best(timings) for timings in interleaved(bed.repeats, pandas, ours, again))
    name = "pandas, from the same CSV files"
    return [
        Figure(
            "pandas",
            f"tributary materialize '{SELECTION}'",
            first,
            name,
            baseline,
            ratio_at_most(first, baseline, 1.0),
            "both from the start of a process; pandas keeps and checks nothing, ours leaves every table on the way.",
        ),
        Figure(
            "pandas",
            "the same again, files unchanged",
            second,
            name,
            baseline,
            ratio_at_most(second, baseline, 1.0),
        ),
    ]
