"""The commands that only look, beside the bare start of a command line, held against their processor time.

The server runs, so that its start is not in the figures; the catalogue is there, as after `check` or `up`.
"""

from __future__ import annotations

from bench.bed import Bed
from bench.clock import best, interleaved
from bench.figures import Figure, at_most

LIMIT = 0.5
COMMANDS = (("query", "SELECT 1 AS one"), ("ls",), ("lineage", "gold.household_summary.r_score"), ("status",))


def commands(bed: Bed) -> list[Figure]:
    """Each command in a process of its own, the bare start in turns with it."""
    bed.tributary("ls")  # starts the server, and makes the catalogue where what it is made of has changed
    figures = []
    for words in COMMANDS:
        bare, ours, definitions = (
            best(timings)
            for timings in interleaved(
                bed.repeats,
                lambda: bed.python("-c", "import typer"),
                lambda words=words: bed.tributary(*words),  # type: ignore[misc]
                lambda: bed.python("-c", "import tributary.definitions"),
            )
        )
        name = f"tributary {words[0]}, whole process"
        limit = at_most(ours.cpu or 0.0, LIMIT, "s of processor time")
        note = f"loading the definitions alone takes {definitions.cpu:.2f} s of processor time."
        figures.append(Figure("commands", name, ours, "python -c 'import typer'", bare, limit, note))
    return figures
