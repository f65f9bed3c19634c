"""The geometry of the charts, in units of a drawing that is `WIDTH` wide; templates make SVG of it, classes colour it.

Nothing here knows what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH = 360
HEIGHT = 200
LEFT, RIGHT, TOP, BOTTOM = 30, 8, 10, 24
ROW = 36
LONGEST_LABEL = 40
TICKS = 4


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    label: str


@dataclass(frozen=True)
class Steps:
    """A line of steps over time: SVG paths of the line and of the area under it, and the marks of both axes."""

    line: str
    area: str
    x: Sequence[Tick]
    y: Sequence[Tick]


@dataclass(frozen=True)
class Box:
    """A rectangle of a column; `series` counts from 1."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True)
class Columns:
    """Stacked columns, and the marks of both axes."""

    boxes: Sequence[Box]
    x: Sequence[Tick]
    y: Sequence[Tick]


@dataclass(frozen=True)
class Bar:
    """A lying bar with its label above it."""

    y: float
    width: float
    label: str
    value: str


@dataclass(frozen=True)
class Bars:
    """Lying bars, one below the other, in a drawing `height` high."""

    bars: Sequence[Bar]
    height: float


def steps(points: Sequence[tuple[date, int]]) -> Steps | None:
    """A line that holds each day's value until the next; None without days."""
    if not points:
        return None
    first, last = points[0][0], points[-1][0]
    days = max((last - first).days, 1)
    y_ticks, top = _scale(max(value for _, value in points))

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / days, 1)

    parts, before = [f"M{x(first)} {_y(points[0][1], top)}"], points[0][1]
    for day, value in points:
        if value != before:
            parts.append(f"H{x(day)}V{_y(value, top)}")
            before = value
    line = "".join([*parts, f"H{WIDTH - RIGHT}"])
    chosen = [points[round(index * (len(points) - 1) / (TICKS - 1))][0] for index in range(TICKS)]
    x_ticks = [Tick(x(day), f"{day:%b} {day.year}") for day in sorted(set(chosen))]
    if len({tick.label for tick in x_ticks}) < len(x_ticks):
        x_ticks = [Tick(x_ticks[0].at, x_ticks[0].label)]
    return Steps(line, f"{line}V{_y(0, top)}H{LEFT}Z", x_ticks, y_ticks)


def columns(labels: Sequence[str], values: Sequence[Sequence[int]], names: Sequence[str]) -> Columns:
    """Columns, one a label, each a pile of its values, one of each of the `names`."""
    y_ticks, top = _scale(max((sum(pile) for pile in values), default=0))
    pitch = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    boxes = []
    for index, pile in enumerate(values):
        below = 0
        for series, value in enumerate(pile, start=1):
            if value:
                upper, lower = _y(below + value, top), _y(below, top)
                title = f"{labels[index]}: {names[series - 1]} {value}"
                left = round(LEFT + pitch * (index + 0.15), 1)
                boxes.append(Box(left, upper, round(pitch * 0.7, 1), round(lower - upper, 1), series, title))
            below += value
    x_ticks = [Tick(round(LEFT + pitch * (index + 0.5), 1), label) for index, label in enumerate(labels)]
    return Columns(boxes, x_ticks, y_ticks)


def bars(rows: Sequence[tuple[str, int, str]]) -> Bars:
    """Bars of rows (label, value, what to write behind the bar)."""
    highest = max((value for _, value, _ in rows), default=0) or 1
    room = WIDTH - 50
    drawn = [
        Bar(index * ROW, max(round(room * value / highest, 1), 2), _short(label), words)
        for index, (label, value, words) in enumerate(rows)
    ]
    return Bars(drawn, max(len(rows), 1) * ROW)


def _scale(highest: int) -> tuple[list[Tick], int]:
    """Marks at round numbers from 0 to at least `highest`, and the highest mark's value."""
    step = next(
        factor * 10**power
        for power in range(20)
        for factor in (1, 2, 5)
        if factor * 10**power * TICKS >= max(highest, 1)
    )
    count = -(-max(highest, 1) // step)
    top = count * step
    return [Tick(_y(index * step, top), f"{index * step:,}") for index in range(count + 1)], top


def _y(value: int, top: int) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top), 1)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"
