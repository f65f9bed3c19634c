"""Windows: which rows of a table a write owns and replaces.

No window means the whole table. What a domain's partitions are is its own matter; here they are only ranges and names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Range:
    """The rows with `start` <= column < `end`."""

    column: str
    start: date | datetime
    end: date | datetime


@dataclass(frozen=True)
class Sources:
    """The rows whose column names one of the source objects."""

    column: str
    names: Sequence[str]


Window = Range | Sources
