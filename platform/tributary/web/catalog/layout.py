"""Where the boxes and lines of a lineage picture stand: layers from left to right, what is near to the start first.

It is geometry in pixels, and knows neither SVG nor what a box is for. Each box has rows; lines go from a row to a row,
or to the head of a box. A line over several layers has a lane of its own in each, so that it runs behind no box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEAD, ROW, SECOND = 248, 30, 24, 17
"""Pixels: of a box, its head, a row, and the second line that a row may have."""

_GAP, _ACROSS, _MARGIN, _FOOT, _LANE = 18, 84, 12, 6, 10

Port = tuple[str, str]
"""A row of a box, or with an empty name its head."""


@dataclass(frozen=True)
class Row:
    """A row: its name within the box, and whether it has a second line."""

    name: str
    has_second: bool = False

    @property
    def height(self) -> int:
        """In pixels."""
        return ROW + (SECOND if self.has_second else 0)


class Line(NamedTuple):
    """A line from a row to a row or head."""

    source: Port
    target: Port


class Box(NamedTuple):
    """A box that is placed: its left upper corner, its height, and the top of each of its rows."""

    x: float
    y: float
    height: float
    rows: Mapping[str, float]


class Placed(NamedTuple):
    """A picture: its size, its boxes by name, and the SVG path of each line."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    paths: Sequence[str]


def place(boxes: Mapping[str, Sequence[Row]], lines: Sequence[Line], start: str) -> Placed:
    """Place boxes by the rows that they have, around the box `start`."""
    return _Picture(boxes, lines, start).placed()


def layers_of(boxes: Sequence[str], lines: Sequence[Line], start: str) -> dict[str, int]:
    """The layer of each box: 0 of the start, below zero where lines lead to it; as far away as the longest way is."""
    above: dict[str, set[str]] = {one: set() for one in boxes}
    below: dict[str, set[str]] = {one: set() for one in boxes}
    for line in lines:
        source, target = line.source[0], line.target[0]
        if source != target:
            above[target].add(source)
            below[source].add(target)
    try:
        order = list(TopologicalSorter(above).static_order())
    except CycleError:  # tables that Python code makes of each other: their picture need only be readable
        order = list(boxes)
    layers = {start: 0}
    for one in reversed(order):
        if one != start and (after := [layers[other] for other in below[one] if other in layers]):
            layers[one] = min(after) - 1
    for one in order:
        if one not in layers:
            layers[one] = max((layers[other] for other in above[one] if other in layers), default=0) + 1
    return layers


class _Item(NamedTuple):
    """What takes room in a layer: a box, or with a row the lane of the lines that come from it."""

    layer: int
    box: str
    row: str | None = None


class _Point(NamedTuple):
    """Where a line touches an item: so far below its top."""

    item: _Item
    offset: float


class _Picture:
    """The layers from the start outwards, each item as near as can be to where its lines lead inwards."""

    def __init__(self, boxes: Mapping[str, Sequence[Row]], lines: Sequence[Line], start: str) -> None:
        self._layers = layers_of(list(boxes), lines, start)
        self._rows = {name: _tops(rows) for name, rows in boxes.items()}
        self._heights = {name: _height(rows) for name, rows in boxes.items()}
        self._tops: dict[_Item, float] = {}
        self._chains = [self._chain(line) for line in lines]

    def placed(self) -> Placed:
        """Place everything."""
        inwards: dict[_Item, list[tuple[_Point, _Point]]] = defaultdict(list)
        for chain in self._chains:
            for left, right in pairwise(chain):
                far, near = (right, left) if left.item.layer >= 0 else (left, right)
                inwards[far.item].append((far, near))
        by_layer: dict[int, dict[_Item, None]] = defaultdict(dict)
        for item in (*map(self._box, self._layers), *(point.item for chain in self._chains for point in chain)):
            by_layer[item.layer][item] = None
        for layer in sorted(by_layer, key=abs):
            self._stack(list(by_layer[layer]), inwards)
        return self._drawn(min(by_layer), max(by_layer))

    def _box(self, name: str) -> _Item:
        return _Item(self._layers[name], name)

    def _port(self, port: Port) -> _Point:
        name, row = port
        return _Point(self._box(name), self._rows[name][row] + ROW / 2 if row else HEAD / 2)

    def _chain(self, line: Line) -> list[_Point]:
        """The points of a line: its ends, and its lanes between; lines of one row share them."""
        first, last = self._port(line.source), self._port(line.target)
        lanes = [_Item(layer, *line.source) for layer in range(first.item.layer + 1, last.item.layer)]
        return [first, *(_Point(lane, _LANE / 2) for lane in lanes), last]

    def _height(self, item: _Item) -> float:
        return self._heights[item.box] if item.row is None else _LANE

    def _y(self, point: _Point) -> float:
        return round(self._tops[point.item] + point.offset, 1)

    def _stack(self, items: list[_Item], inwards: Mapping[_Item, Sequence[tuple[_Point, _Point]]]) -> None:
        """Place the items of a layer one below the other, where the mean of their lines is level."""
        wished: dict[_Item, float] = {}
        for index, item in enumerate(items):
            near = [self._y(inner) - own.offset for own, inner in inwards[item] if inner.item in self._tops]
            wished[item] = sum(near) / len(near) if near else float(index)
        items.sort(key=lambda item: wished[item] + self._height(item) / 2)
        free = float("-inf")
        for item in items:
            self._tops[item] = max(wished[item], free)
            free = self._tops[item] + self._height(item) + _GAP
        shift = sum(self._tops[item] - wished[item] for item in items) / len(items)
        for item in items:
            self._tops[item] -= shift

    def _drawn(self, leftmost: int, rightmost: int) -> Placed:
        shift = _MARGIN - min(self._tops.values())
        self._tops = {item: round(top + shift, 1) for item, top in self._tops.items()}

        def left(item: _Item) -> float:
            return _MARGIN + (item.layer - leftmost) * (WIDTH + _ACROSS)

        def path(chain: Sequence[_Point]) -> str:
            parts = [f"M{left(chain[0].item) + WIDTH} {self._y(chain[0])}"]
            for one, after in pairwise(chain):
                start, end = left(one.item) + WIDTH, left(after.item)
                bend = _ACROSS / 2
                parts.append(f"C{start + bend:g} {self._y(one)} {end - bend:g} {self._y(after)} {end} {self._y(after)}")
                if after is not chain[-1]:
                    parts.append(f"H{end + WIDTH}")
            return "".join(parts)

        boxes = {}
        for name, rows in self._rows.items():
            top = self._tops[self._box(name)]
            tops = {row: round(top + offset, 1) for row, offset in rows.items()}
            boxes[name] = Box(left(self._box(name)), top, self._heights[name], tops)
        width = (rightmost - leftmost + 1) * (WIDTH + _ACROSS) - _ACROSS + 2 * _MARGIN
        height = max(top + self._height(item) for item, top in self._tops.items()) + _MARGIN
        return Placed(width, round(height, 1), boxes, [path(chain) for chain in self._chains])


def _height(rows: Sequence[Row]) -> float:
    return HEAD + sum(row.height for row in rows) + (_FOOT if rows else 0)


def _tops(rows: Sequence[Row]) -> dict[str, float]:
    """The top of each row, below the top of its box."""
    found, top = {}, float(HEAD)
    for row in rows:
        found[row.name] = top
        top += row.height
    return found
