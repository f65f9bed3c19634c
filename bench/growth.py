"""Cost follows change: one change at three sizes of history, what it writes and takes, and how that grows.

The live paths of social and sneakers are measured in one process (`growth_live`), a changed file of retail's and the
next day of Meetup's as command lines (`growth_files`), where the start of the process is in the seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta

from bench.bed import Bed
from bench.figures import Figure, at_most
from bench.growth_files import changed_file, next_day
from bench.growth_live import Cost, Live, cheapest
from bench.histories import EDITS, History

TIMES = (0.01, 0.1, 1.0)
"""Of the whole history, which `--scale` makes smaller."""
SOCIAL, SNEAKERS, RETAIL, MEETUP = 10_000_000, 1_000_000, 1.0, timedelta(days=20 * 365)
"""Events, entries, scale of the sample, and days (of which there are fewer, as Meetup's partitions begin with 2008)."""
SOCIAL_SECONDS, SNEAKER_SECONDS = 8.64, 100.0
"""Between two events: 10,000 messages a day over up to 1,000 days, and 864 entries a day over up to three years."""
TICK = 20
TICKS = 5
LIMIT = 0.2
SHOWN = 3


def growth(bed: Bed) -> list[Figure]:
    """A tick of twenty social events, a corrected form, a changed file and one more day."""
    sizes = [bed.scale * times for times in TIMES]

    def social(size: float) -> Cost:
        return _ticks(bed, "social", History(_round(size * SOCIAL), SOCIAL_SECONDS), TICK, TICK)

    def sneakers(size: float) -> Cost:
        return _ticks(bed, "sneakers", History(_round(size * SNEAKERS), SNEAKER_SECONDS), EDITS, 1)

    def told(what: str, make: Callable[[float], Cost], unit: str, whole: float, limit: float | None) -> list[Figure]:
        return figures(what, {size * whole: make(size) for size in sizes}, unit, limit)

    return [
        *told(f"{TICK} social events, staged to gold", social, "events", SOCIAL, LIMIT),
        *told("a corrected form, staged to gold", sneakers, "entries", SNEAKERS, LIMIT),
        *told("a changed file, tributary materialize", lambda size: changed_file(bed, size), "of retail", RETAIL, None),
        *told(
            "one more day, tributary materialize",
            lambda size: next_day(bed, round(size * MEETUP.days)),
            "days of Meetup's",
            MEETUP.days,
            None,
        ),
    ]


def figures(what: str, costs: Mapping[float, Cost], unit: str, limit: float | None) -> list[Figure]:
    """The change at each size, the larger ones beside the smallest, and the exponents of their growth."""
    first, *others = costs
    small, large = costs[first], costs[others[-1]]
    grown = sorted(large.tables, key=lambda name: small.tables[name] - large.tables[name])[:SHOWN]
    tables = ", ".join(f"{name} {small.tables[name]:.3f} s, then {large.tables[name]:.3f} s" for name in grown)
    found = [
        Figure(
            "growth",
            f"{what}, {size:,g} {unit} before",
            costs[size].timing,
            f"{first:,g} {unit} before",
            small.timing,
            note=_written(costs[size]),
        )
        for size in others
    ]
    whole = f"{first:,g} to {others[-1]:,g} {unit}"
    of_seconds = exponent({size: cost.timing.wall for size, cost in costs.items()})
    of_rows = exponent({size: float(max(1, cost.rows)) for size, cost in costs.items()})
    note = f"at {first:,g}, {_written(small)}" + (f" What grew most: {tables}." if tables else "")
    return [
        *found,
        Figure(
            "growth",
            f"{what}: exponent of seconds, {whole}",
            limit=at_most(of_seconds, limit, "") if limit else None,
            note=note,
            value=of_seconds,
        ),
        Figure(
            "growth",
            f"{what}: exponent of rows written, {whole}",
            limit=at_most(of_rows, limit, "") if limit else None,
            value=of_rows,
        ),
    ]


def exponent(values: Mapping[float, float]) -> float:
    """The slope of the straight line, by least squares, through the logarithms of sizes and of their values.

    Cost grows as history to the power of it: 0 where history has no part in it, 1 where it is in proportion.
    """
    xs, ys = [math.log(size) for size in values], [math.log(value) for value in values.values()]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((one - x) * (other - y) for one, other in zip(xs, ys, strict=True)) / sum((one - x) ** 2 for one in xs)


def _ticks(bed: Bed, source: str, history: History, every: int, count: int) -> Cost:
    live = Live(bed, source, history, every, count)
    return cheapest([live.tick() for _ in range(TICKS)])


def _written(cost: Cost) -> str:
    return f"{cost.rows:,} rows and {cost.megabytes:.1f} MB of log written."


def _round(size: float) -> int:
    """To whole rounds of edits."""
    return max(1, round(size / (10 * EDITS))) * 10 * EDITS
