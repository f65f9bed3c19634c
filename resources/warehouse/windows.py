"""Windows: which rows of a table a write owns and replaces.

No window means the whole table. What a source's partitions are is its own matter; here they are only ranges, names and
keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Range:
    """The rows with `start` <= column < `end`."""

    column: str
    start: date | datetime
    end: date | datetime


@dataclass(frozen=True)
class SourceObjects:
    """The rows whose column names one of the source objects."""

    column: str
    names: Sequence[str]


@dataclass(frozen=True)
class Keys:
    """The rows whose `columns` hold one of the keys; each of `values` has a value, never null, for each column.

    Values may be text that the engine reads as the column's type.
    """

    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]

    def __str__(self) -> str:
        return f"of {len(self.values):,} keys ({', '.join(self.columns)})"


Window = Range | SourceObjects | Keys
