"""Cost follows change: one change at three sizes of history, what it writes and takes, and how that grows.

The live paths of social and sneakers are measured in one process (`growth_live`), retail's changed file and Meetup's
next day as command lines (`growth_files`).
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.bed import Bed
from bench.clock import Timing
from bench.figures import Figure, at_most
from bench.growth_live import Cost, Live, cheapest, exponent
from bench.histories import EDITS, History

TIMES = (1, 10, 100)
TICKS = 5
LIMIT = 0.2
SOCIAL, SNEAKERS = 100_000, 10_000
"""Events before the change, at 1 times the history."""
SOCIAL_SECONDS, SNEAKER_SECONDS = 8.64, 100.0
"""Between two events: 10,000 messages a day over up to 1,000 days, and 864 entries a day over up to three years."""
SHOWN = 0.1
"""Tables whose seconds grow with a larger exponent, and by more than these seconds, are named."""


def growth(bed: Bed) -> list[Figure]:
    """A tick of twenty social events, and a corrected sneakers form."""
    social = {
        round(bed.scale * times * SOCIAL): _ticks(bed, "social", bed.scale * times * SOCIAL, SOCIAL_SECONDS, 20, 20)
        for times in TIMES
    }
    sneakers = {
        round(bed.scale * times * SNEAKERS): _ticks(
            bed, "sneakers", bed.scale * times * SNEAKERS, SNEAKER_SECONDS, EDITS, 1
        )
        for times in TIMES
    }
    return [
        *figures("20 social events, staged to gold", social, "events", LIMIT),
        *figures("a corrected form, staged to gold", sneakers, "entries", LIMIT),
    ]


def figures(what: str, costs: Mapping[int, Cost], unit: str, limit: float | None = None) -> list[Figure]:
    """The change at each size beside the smallest, and how its cost grows."""
    sizes = sorted(costs)
    first = costs[sizes[0]]
    found = [
        Figure(
            "growth",
            f"{what}, {size:,} {unit} before",
            costs[size].timing,
            f"{sizes[0]:,} {unit} before",
            first.timing,
            note=f"{costs[size].rows:,} rows and {costs[size].megabytes:.1f} MB of log written.",
        )
        for size in sizes[1:]
    ]

    def slope(values: list[float]) -> float:
        return exponent([float(size) for size in sizes], values)

    seconds = slope([costs[size].timing.wall for size in sizes])
    processor = slope([costs[size].timing.cpu or costs[size].timing.wall for size in sizes])
    rows = slope([max(costs[size].rows, 1) for size in sizes])
    return [*found, Figure("growth", f"{what}: exponent of its growth", Timing(seconds), limit=at_most(seconds, limit, "") if limit else None,
        note=f"{rows:.2f} of rows written, {processor:.2f} of processor time. {_growing(costs, sizes)}")]


def _growing(costs: Mapping[int, Cost], sizes: list[int]) -> str:
    small, large = costs[sizes[0]].tables, costs[sizes[-1]].tables
    grown = sorted(((large[name] - small[name], name) for name in large), reverse=True)
    return ", ".join(f"{name} {small[name]:.3f}→{large[name]:.3f}" for _, name in grown)


def _ticks(bed: Bed, source: str, size: float, seconds: float, every: int, count: int) -> Cost:
    live = Live(bed, source, History(round(size / 100) * 100, seconds), every, count)
    return cheapest([live.tick() for _ in range(TICKS)])
