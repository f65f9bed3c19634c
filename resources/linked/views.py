"""The pictures that a page may declare: which dimensions each is for, and what can be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class View:
    """A picture of one dimension by one measure."""

    kind: ClassVar[str]
    fits: ClassVar[tuple[str, ...]]
    title: str
    dimension: str
    measure: str
    wide: bool = False

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What it is by."""
        return (self.dimension,)


@dataclass(frozen=True)
class Bars(View):
    """Bars over time or a number, with a brush."""

    kind = "bars"
    fits = ("time", "number")


@dataclass(frozen=True)
class Leaderboard(View):
    """The largest, and what was chosen; `without` are values that are no competitors, as online is no venue."""

    kind = "leaderboard"
    fits = ("category", "words")
    limit: int = 10
    without: Sequence[str] = ()


@dataclass(frozen=True)
class WordCloud(View):
    """Words, the larger the more."""

    kind = "words"
    fits = ("words", "category")
    limit: int = 60


@dataclass(frozen=True)
class HeatMap(View):
    """A map with heat, on which a box filters."""

    kind = "map"
    fits = ("place",)


@dataclass(frozen=True)
class Groups(View):
    """A table of a dimension's values with all measures; `measure` is the one that they are sorted by at first."""

    kind = "groups"
    fits = ("category", "words")
    limit: int = 100


@dataclass(frozen=True)
class Matrix(View):
    """A measure by two dimensions: `dimension` downwards, `across` to the right; of each the first `limit` at most, or
    units of time so wide that there are no more.
    """

    kind = "matrix"
    fits = ("category", "words", "time", "number")
    across: str = ""
    limit: int = 60

    @property
    def dimensions(self) -> tuple[str, ...]:
        return (self.dimension, self.across)


@dataclass(frozen=True)
class Rows:
    """A table of rows: columns with their titles, sorted downwards by one; the first may lead to an address."""

    kind: ClassVar[str] = "rows"
    title: str
    columns: Mapping[str, str]
    sort: str
    link: str | None = None
    limit: int = 100
    wide: bool = True
