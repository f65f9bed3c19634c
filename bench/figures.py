"""A measured figure, and the table of them: on the terminal and as Markdown."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.clock import Timing

if TYPE_CHECKING:
    from rich.table import Table

HEADINGS = ("bench", "measured", "seconds", "baseline", "seconds", "ratio", "limit", "met")
ABSOLUTE = "none: absolute"
SHORT = 0.02
"""Seconds below which a figure is told in hundredths of a millisecond."""

SMALL = 0.05
"""A ratio below which two digits say too little."""


@dataclass(frozen=True)
class Limit:
    """What a figure is held against: `words` say it, `met` whether it held this time."""

    words: str
    met: bool


@dataclass(frozen=True)
class Figure:
    """A measurement beside its baseline of the same run; `note` says what the reader must know to judge it.

    Where there is nothing natural to compare with, it has no baseline: it is absolute, held against its limit alone.
    `value` is a number that is no time, told in place of a ratio.
    """

    bench: str
    measured: str
    ours: Timing | None = None
    baseline_name: str = ABSOLUTE
    baseline: Timing | None = None
    limit: Limit | None = None
    note: str = ""
    value: float | None = None

    def cells(self) -> tuple[str, ...]:
        """The figure as texts, one a heading."""
        return (
            self.bench,
            self.measured,
            _seconds(self.ours) if self.ours else "",
            self.baseline_name,
            _seconds(self.baseline) if self.baseline else "",
            self._compared(),
            self.limit.words if self.limit else "",
            ("met" if self.limit.met else "not met") if self.limit else "",
        )

    def _compared(self) -> str:
        if self.value is not None:
            return f"{self.value:.2f}"
        return _ratio(self.ours, self.baseline) if self.ours and self.baseline else ""


def at_most(value: float, limit: float, unit: str) -> Limit:
    """The limit `value <= limit`."""
    return Limit(f"≤ {limit:g} {unit}".rstrip(), value <= limit)


def ratio_at_most(ours: Timing, baseline: Timing, limit: float) -> Limit:
    """The limit `ours <= limit * baseline`, in wall time."""
    return at_most(ours.wall / baseline.wall, limit, "×")  # noqa: RUF001


def terminal_table(figures: Sequence[Figure]) -> Table:
    """The figures for a terminal."""
    from rich.table import Column, Table

    table = Table(
        *(Column(heading, no_wrap=True) for heading in HEADINGS),
        header_style="bold",
        box=None,
        pad_edge=False,
        caption="Wall (processor).",
    )
    for figure in figures:
        cells = figure.cells()
        colour = "" if figure.limit is None else "green" if figure.limit.met else "red"
        table.add_row(*cells[:-1], f"[{colour}]{cells[-1]}[/]" if colour else "")
    return table


def markdown(figures: Sequence[Figure], machine: str) -> str:
    """The figures as a Markdown document; it bears no date, so that it changes only when a figure does."""
    lines = [
        "# Measured",
        "",
        f"{machine} Written by `python -m bench --write`; best of interleaved repetitions, baseline first, in one run.",
        "Wall time; in brackets the processor time of client and server together, which noise hardly touches. A figure",
        "without a baseline is absolute, and held against its limit alone.",
        "",
        _row(HEADINGS),
        _row(["---"] * len(HEADINGS)),
        *(_row(figure.cells()) for figure in figures),
    ]
    notes = [f"- {figure.bench}, {figure.measured}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*lines, "", *notes, ""] if notes else [*lines, ""])


def write(path: Path, text: str) -> None:
    """Put `text` at `path` in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _ratio(ours: Timing, baseline: Timing) -> str:
    wall = f"{_short(ours.wall / baseline.wall)} ×"  # noqa: RUF001 - the sign of multiplication is meant
    if not ours.cpu or not baseline.cpu:
        return wall
    return f"{wall} ({_short(ours.cpu / baseline.cpu)})"


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= SMALL else f"{ratio:.5f}"


def _seconds(timing: Timing) -> str:
    digits = 2 if timing.wall >= 1 else 3 if timing.wall >= SHORT else 5
    wall = f"{timing.wall:.{digits}f}"
    return wall if timing.cpu is None else f"{wall} ({timing.cpu:.{digits}f})"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
