"""Loading the definitions, which every process of Dagster's and every command that runs assets must do."""

from __future__ import annotations

import json

from bench.bed import Bed
from bench.clock import Timing, best
from bench.figures import Figure, at_most

LIMIT = 1.5
_SCRIPT = """
import json, time
times = [(time.perf_counter(), time.process_time())]
import dagster
times.append((time.perf_counter(), time.process_time()))
import tributary.definitions
times.append((time.perf_counter(), time.process_time()))
print(json.dumps([[b - a for a, b in zip(x, y)] for x, y in zip(times, times[1:])]))
"""


def definitions(bed: Bed) -> list[Figure]:
    """`import tributary.definitions` after `import dagster`, each time in a fresh process."""
    bed.python("-c", _SCRIPT)  # compiles what has changed
    pairs = [json.loads(bed.python("-c", _SCRIPT).output) for _ in range(bed.repeats)]
    dagster = best([Timing(*pair[0]) for pair in pairs])
    ours = best([Timing(*pair[1]) for pair in pairs])
    return [
        Figure(
            "definitions",
            "import tributary.definitions, beyond Dagster",
            ours,
            "import dagster",
            dagster,
            at_most(ours.wall, LIMIT, "s"),
        )
    ]
