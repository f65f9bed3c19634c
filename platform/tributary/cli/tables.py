"""Prints rows as text: a line a row in aligned columns, or, where that is too wide, a line a value, as psql does.

Values are printed as they are: no markup is read in them, and control characters are shown, not obeyed.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from rich.cells import cell_len

from tributary.cli.console import out, width

MEASURED_ROWS = 1_000
"""Rows that the widths of the columns are taken from; the rest is printed as it comes."""

_GAP = "  "
_NULL = "null"
_LEAST_WRAPPED = 20
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BOLD, _DIM = "1", "2"


@dataclass(frozen=True)
class Heading:
    """A column: its name, whether its values stand to the right, and whether long ones may be wrapped between words."""

    name: str
    right: bool = False
    wraps: bool = False


def print_rows(headings: Sequence[Heading], rows: Iterable[Sequence[str | None]]) -> int:
    """Print the rows, where None is a null, and return how many there were.

    Aligned where a line fits the terminal; else each row as a record of its own, name by name.
    """
    names = [shown(heading.name) for heading in headings]
    following = iter(rows)
    first = [list(map(_cell, row)) for row in islice(following, MEASURED_ROWS)]
    rest = (list(map(_cell, row)) for row in following)
    widths = [
        max((_width(part) for cell in (name, *cells) for part in cell.split("\n")), default=0)
        for name, *cells in zip(names, *first, strict=True)
    ]
    fitted = _fitted(headings, widths)
    if fitted is None:
        return _records(headings, names, chain(first, rest))
    return _aligned(headings, names, fitted, chain(first, rest))


def shown(text: str) -> str:
    r"""Text that can be printed: control characters as `\x1b`, tabs as blanks; line ends are marked and stay."""
    text = text.expandtabs(8).replace("\r\n", "\\r\n")
    return _CONTROL.sub(_escaped, text).replace("\n", "+\n")


def _cell(value: str | None) -> str:
    return _NULL if value is None else shown(value)


def _escaped(found: re.Match[str]) -> str:
    return "\\r" if found[0] == "\r" else f"\\x{ord(found[0]):02x}"


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _fitted(headings: Sequence[Heading], widths: Sequence[int]) -> Sequence[int] | None:
    """The widths at which a line fits the terminal, by wrapping what may be wrapped; None where it cannot."""
    most = width()
    if most is None:
        return widths
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - most
    fitted = list(widths)
    for index in sorted(range(len(widths)), key=lambda index: -widths[index]):
        if over > 0 and headings[index].wraps:
            less = min(over, max(0, widths[index] - _LEAST_WRAPPED))
            fitted[index] -= less
            over -= less
    return fitted if over <= 0 else None


def _aligned(
    headings: Sequence[Heading], names: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]]
) -> int:
    for line in _lines(headings, widths, names):
        _print(_style(line, _BOLD))
    count = 0
    for row in rows:
        count += 1
        for line in _lines(headings, widths, row):
            _print(line)
    return count


def _lines(headings: Sequence[Heading], widths: Sequence[int], cells: Sequence[str]) -> Iterator[str]:
    """The lines of a row: several where a value has several, or is wrapped."""
    columns = [
        _wrapped(cell, size) if heading.wraps and _width(cell) > size else cell.split("\n")
        for heading, size, cell in zip(headings, widths, cells, strict=True)
    ]
    for number in range(max(map(len, columns), default=1)):
        parts = []
        for heading, size, column in zip(headings, widths, columns, strict=True):
            part = column[number] if number < len(column) else ""
            blank = " " * (size - _width(part))
            parts.append(blank + part if heading.right else part + blank)
        yield _GAP.join(parts).rstrip()


def _wrapped(text: str, size: int) -> list[str]:
    return textwrap.wrap(text, size, break_on_hyphens=False) or [""]


def _records(headings: Sequence[Heading], names: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    labels = [name.replace("+\n", " ") for name in names]
    count, size = 0, max(map(_width, labels), default=0)
    room = max((width() or 0) - size - len(_GAP), _LEAST_WRAPPED)
    for row in rows:
        count += 1
        _print(_style(f"-[ record {count} ]-", _DIM))
        for heading, label, cell in zip(headings, labels, row, strict=True):
            first, *more = _wrapped(cell, room) if heading.wraps else cell.split("\n")
            _print(f"{_style(label, _BOLD)}{' ' * (size - _width(label))}{_GAP}{first}".rstrip())
            for part in more:
                _print(f"{' ' * size}{_GAP}{part}")
    return count


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _style(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if out.is_terminal and not out.no_color else text
