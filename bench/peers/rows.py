"""Compares tables that tools wrote as CSV, each in its own hand, value by value."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from bench.errors import BenchError

Cell = str | bool | Decimal | None
Rows = Mapping[Cell, Mapping[str, Cell]]
"""The rows of a table by the value of its first column, each by the names of its columns."""

_TRUTH = {"true": True, "t": True, "false": False, "f": False}


def rows_of(lines: Iterable[str]) -> Rows:
    """The rows of a CSV with a header.

    Raises:
        BenchError: two rows have the same key.
    """
    reader = csv.DictReader(lines)
    found: dict[Cell, Mapping[str, Cell]] = {}
    for line in reader:
        row = {name: _cell(text) for name, text in line.items()}
        key = next(iter(row.values()))
        if key in found:
            raise BenchError(f"Two rows have the key {key}.")
        found[key] = row
    return found


def expect_same(name: str, rows: Rows, other: str, others: Rows) -> None:
    """That two tools made the same table, the order of rows and columns aside; a number is one whatever its digits.

    Raises:
        BenchError: they did not; the first difference is named.
    """
    for key in sorted({*rows, *others}, key=str):
        mine, theirs = rows.get(key), others.get(key)
        if mine is None or theirs is None:
            raise BenchError(f"The row {key} is made by {other if mine is None else name} alone.")
        for column in sorted({*mine, *theirs}):
            ours, his = mine.get(column), theirs.get(column)
            if ours != his or isinstance(ours, bool) != isinstance(his, bool):
                raise BenchError(f"Of row {key}, {column} is {ours} by {name} and {his} by {other}.")


def _cell(text: str) -> Cell:
    if not text:
        return None
    if text.lower() in _TRUTH:
        return _TRUTH[text.lower()]
    try:
        return Decimal(text)
    except InvalidOperation:
        return text
