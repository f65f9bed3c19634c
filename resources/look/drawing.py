"""The geometry of the charts, in units of a drawing that is `WIDTH` wide; templates make SVG of it, classes colour it.

Nothing here knows what is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

WIDTH = 360
HEIGHT = 200
LEFT, RIGHT, TOP, BOTTOM = 42, 8, 10, 24
ROW = 36
LONGEST_LABEL = 40
LONGEST_TICK = 14
TICKS = 4
_LETTER = 6.2


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
class Line:
    """A line through points: the SVG path, and the marks of both axes."""

    line: str
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
    scale = _Scale(0, max(value for _, value in points))

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / days, 1)

    parts, before = [f"M{x(first)} {scale.y(points[0][1])}"], points[0][1]
    for day, value in points:
        if value != before:
            parts.append(f"H{x(day)}V{scale.y(value)}")
            before = value
    line = "".join([*parts, f"H{WIDTH - RIGHT}"])
    chosen = [points[round(index * (len(points) - 1) / (TICKS - 1))][0] for index in range(TICKS)]
    x_ticks = [Tick(x(day), f"{day:%b} {day.year}") for day in sorted(set(chosen))]
    if len({tick.label for tick in x_ticks}) < len(x_ticks):
        x_ticks = [Tick(x_ticks[0].at, x_ticks[0].label)]
    return Steps(line, f"{line}V{scale.y(0)}H{LEFT}Z", x_ticks, scale.ticks)


def line(points: Sequence[tuple[object, float]]) -> Line | None:
    """A line through points in their order, as far apart as their days or numbers are; None without two of them."""
    if len(points) < 2:
        return None
    places = _places([x for x, _ in points])
    first, last = places[0], max(places)
    scale = _Scale(min(value for _, value in points), max(value for _, value in points))
    at = [round(LEFT + (WIDTH - LEFT - RIGHT) * (place - first) / ((last - first) or 1), 1) for place in places]
    path = "L".join(f"{x} {scale.y(value)}" for x, (_, value) in zip(at, points, strict=True))
    labels = [str(x.date() if isinstance(x, datetime) else x) for x, _ in points]
    return Line(f"M{path}", _thinned([Tick(x, label) for x, label in zip(at, labels, strict=True)]), scale.ticks)


def columns(labels: Sequence[str], values: Sequence[Sequence[float]], names: Sequence[str]) -> Columns:
    """Columns, one a label, each a pile of its values, one of each of the `names`.

    What is below zero hangs from it, beside what is above.
    """
    scale = _Scale(
        min((sum(value for value in pile if value < 0) for pile in values), default=0),
        max((sum(value for value in pile if value > 0) for pile in values), default=0),
    )
    pitch = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    boxes = []
    for index, pile in enumerate(values):
        reached = {True: 0.0, False: 0.0}
        for series, value in enumerate(pile, start=1):
            if value:
                before = reached[value > 0]
                upper, lower = sorted((scale.y(before + value), scale.y(before)))
                title = " ".join(filter(None, (f"{labels[index]}:", names[series - 1], told(value))))
                left = round(LEFT + pitch * (index + 0.15), 1)
                boxes.append(Box(left, upper, round(pitch * 0.7, 1), round(lower - upper, 1), series, title))
                reached[value > 0] += value
    x_ticks = [Tick(round(LEFT + pitch * (index + 0.5), 1), label) for index, label in enumerate(labels)]
    return Columns(boxes, _centred(_thinned(x_ticks)), scale.ticks)


def bars(rows: Sequence[tuple[str, float, str]]) -> Bars:
    """Bars of rows (label, value, what to write behind the bar)."""
    highest = max((value for _, value, _ in rows), default=0) or 1
    room = WIDTH - max(50, max((len(words) for _, _, words in rows), default=0) * 7 + 8)
    drawn = [
        Bar(index * ROW, max(round(room * value / highest, 1), 2), _short(label), words)
        for index, (label, value, words) in enumerate(rows)
    ]
    return Bars(drawn, max(len(rows), 1) * ROW)


class _Scale:
    """An axis from the lowest to the highest value, zero included, with marks at round numbers."""

    def __init__(self, lowest: float, highest: float) -> None:
        lowest, highest = min(lowest, 0), max(highest, 0)
        span = (highest - lowest) or 1
        step: float = next(
            factor * 10**power
            for power in range(-9, 300)
            for factor in (1, 2, 5)
            if factor * 10.0**power * TICKS >= span and (power >= 0 or span < 1)
        )
        self._bottom, self._top = math.floor(lowest / step), math.ceil(highest / step)
        if self._bottom == self._top:
            self._top += 1
        self._step = step
        numbers = range(self._bottom, self._top + 1)
        self.ticks = [Tick(self.y(number * step), _number(number * step)) for number in numbers]

    def y(self, value: float) -> float:
        part = (value / self._step - self._bottom) / (self._top - self._bottom)
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - part), 1)


def told(value: float) -> str:
    """A number as it is read: `1,234,567`, `12.50`, `0.0042`."""
    if value % 1 == 0:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def rounded(value: float) -> str:
    """A number to three digits from ten thousand on, for where there is little room: `12.3k`."""
    return told(value) if abs(value) < 10_000 else _number(float(f"{value:.3g}"))


def _number(value: float) -> str:
    """A number in the room that there is beside an axis: `1.5k` from a thousand on."""
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:,.0f}" if value % 1 == 0 else f"{value:g}"


def _places(values: Sequence[object]) -> list[float]:
    """Where values stand on an axis: by their days or numbers, else one after the other."""
    if all(isinstance(value, date) for value in values):
        moments = [
            value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
            for value in values
            if isinstance(value, date)
        ]
        places = [(moment - moments[0]).total_seconds() for moment in moments]
    elif all(isinstance(value, int | float | Decimal) for value in values):
        places = [float(value) for value in values if isinstance(value, int | float | Decimal)]
    else:
        places = []
    is_rising = bool(places) and all(one < other for one, other in pairwise(places))
    return places if is_rising else [float(index) for index in range(len(values))]


def _thinned(ticks: Sequence[Tick]) -> list[Tick]:
    """Marks of which none writes over another, at the same distances."""
    widest = max((min(len(tick.label), LONGEST_TICK) for tick in ticks), default=1)
    room = max(int((WIDTH - LEFT - RIGHT) / (widest * _LETTER + 6)), 1)
    every = -(-len(ticks) // room)
    return [Tick(tick.at, _short(tick.label, LONGEST_TICK)) for tick in ticks[::every]]


def _centred(ticks: Sequence[Tick]) -> list[Tick]:
    """Marks whose words end within the drawing; one that would be written over another goes."""
    found: list[Tick] = []
    end = 0.0
    for tick in ticks:
        half = len(tick.label) * _LETTER / 2
        at = round(min(max(tick.at, half), WIDTH - half), 1)
        if at - half >= end:
            found.append(Tick(at, tick.label))
            end = at + half
    return found


def _short(label: str, longest: int = LONGEST_LABEL) -> str:
    return label if len(label) <= longest else f"{label[: longest - 1].rstrip()}…"
