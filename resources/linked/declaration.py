"""What a page declares: by what the rows of a table are filtered, what is counted of them, and in which views.

Any mistake that can be seen without the rows is a `LinkedError` when the page is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, TypeAlias

from tributary.resources.errors import UsageError
from tributary.resources.linked.views import (
    Bars,
    Groups,
    HeatMap,
    Leaderboard,
    Matrix,
    Rows,
    View,
    WordCloud,
)  # fmt: skip

__all__ = [
    "MOST_DIMENSIONS",
    "ROWS",
    "Bars",
    "Category",
    "Dimension",
    "Groups",
    "HeatMap",
    "Leaderboard",
    "Linked",
    "LinkedError",
    "Matrix",
    "Measure",
    "Number",
    "Place",
    "Rows",
    "Time",
    "View",
    "WordCloud",
    "Words",
]

MOST_DIMENSIONS = 31
"""Each takes a bit of a mask that a row has."""


ROWS = "*"
"""What a measure is per, where that is the number of rows."""


class LinkedError(UsageError):
    """A declaration that does not fit together."""


@dataclass(frozen=True)
class Category:
    """One of some values: a column, and columns for what is shown instead of the value, and for where it leads."""

    kind: ClassVar[str] = "category"
    title: str
    column: str
    label: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class Time:
    """Days of a column of dates or timestamps."""

    kind: ClassVar[str] = "time"
    title: str
    column: str


@dataclass(frozen=True)
class Number:
    """A number, in steps of one width."""

    kind: ClassVar[str] = "number"
    title: str
    column: str
    width: float


@dataclass(frozen=True)
class Place:
    """A place on the globe, by columns of degrees; places are counted by squares of so many degrees."""

    kind: ClassVar[str] = "place"
    title: str
    latitude: str
    longitude: str
    degrees: float = 0.01


@dataclass(frozen=True)
class Words:
    """Any number of values of each row, as words of a title, or what is known of a household: `column` of another
    table, one or more of whose rows have the value of `key` in common with the row.
    """

    kind: ClassVar[str] = "words"
    title: str
    table: str
    key: str
    column: str


Dimension: TypeAlias = Category | Time | Number | Place | Words


@dataclass(frozen=True)
class Measure:
    """How many rows; where it has a column, its sum; with `per`, that sum divided by the sum of another column, or by
    the number of `ROWS`. `percent` is whether that is shown in percent.
    """

    title: str
    column: str | None = None
    per: str | None = None
    percent: bool = False

    @property
    def columns(self) -> list[str]:
        """The columns that it is made of."""
        return [one for one in (self.column, self.per) if one and one != ROWS]


@dataclass(frozen=True)
class Linked:
    """The linked pictures of a page.

    Attributes:
        title: of the page, for screen readers and file names.
        table: `schema.table`, as the data API has it.
        dimensions: what is filtered by, by a name that stands in addresses.
        measures: what is counted or summed; the first is the most important.
        views: the pictures, in their order.
        where: filters of the data API that always hold, as `{"is_cancelled": "is.false"}`.

    Raises:
        LinkedError: something is named that is not declared, or a view does not fit its dimension.
    """

    title: str
    table: str
    dimensions: Mapping[str, Dimension]
    measures: Mapping[str, Measure]
    views: Sequence[View | Rows]
    where: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.dimensions) > MOST_DIMENSIONS:
            raise LinkedError(f"{self.title}: there can be {MOST_DIMENSIONS} dimensions at most.")
        if not self.measures:
            raise LinkedError(f'{self.title}: name a measure, as {{"rows": Measure("Rows")}}.')
        if taken := self.dimensions.keys() & {"at"}:
            raise LinkedError(f"{self.title}: a dimension cannot be called {min(taken)}, which is taken in addresses.")
        for view in self.views:
            if isinstance(view, Rows):
                if view.sort not in view.columns:
                    raise LinkedError(f"{view.title}: it is sorted by {view.sort}, which is none of its columns.")
                continue
            if view.measure not in self.measures:
                raise LinkedError(f"{view.title}: {view.measure} is not declared.")
            for name in view.dimensions:
                found = self.dimensions.get(name)
                if found is None:
                    raise LinkedError(f"{view.title}: {name} is not declared.")
                if found.kind not in view.fits:
                    raise LinkedError(
                        f"{view.title}: {type(view).__name__} is not for {found.kind}, but for {', '.join(view.fits)}."
                    )

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are asked for."""
        found: dict[str, None] = {}
        for one in self.dimensions.values():
            told = asdict(one)
            names = ("key",) if isinstance(one, Words) else ("column", "label", "link", "longitude", "latitude")
            found |= {told[name]: None for name in names if told.get(name)}
        found |= {name: None for one in self.measures.values() for name in one.columns}
        for view in self.views:
            if isinstance(view, Rows):
                found |= dict.fromkeys([*view.columns, *([view.link] if view.link else [])])
        return list(found)

    def shown_to(self, visible: Collection[str]) -> Linked:
        """What is left for somebody who may see some columns of the table: pictures of others are left out.

        Raises:
            LinkedError: no measure is left.
        """
        dimensions: dict[str, Dimension] = {}
        for name, one in self.dimensions.items():
            told = asdict(one)
            needed = ("key",) if isinstance(one, Words) else ("column", "longitude", "latitude")
            if isinstance(one, Category):
                label, link = (text if text in visible else None for text in (one.label, one.link))
                one = replace(one, label=label, link=link)
            if all(told[column] in visible for column in needed if column in told):
                dimensions[name] = one
        measures = {name: one for name, one in self.measures.items() if set(one.columns) <= set(visible)}
        views: list[View | Rows] = []
        for view in self.views:
            if isinstance(view, Rows):
                columns = {name: title for name, title in view.columns.items() if name in visible}
                if view.sort in columns:
                    views.append(replace(view, columns=columns, link=view.link if view.link in visible else None))
            elif dimensions.keys() >= set(view.dimensions) and view.measure in measures:
                views.append(view)
        return replace(self, dimensions=dimensions, measures=measures, views=views)

    def declared(self) -> dict[str, Any]:
        """The declaration as the browser reads it."""
        return {
            "title": self.title,
            "table": self.table,
            "columns": self.columns,
            "where": dict(self.where),
            "dimensions": {name: {"kind": one.kind, **asdict(one)} for name, one in self.dimensions.items()},
            "measures": {name: asdict(one) for name, one in self.measures.items()},
            "views": [{"kind": one.kind, **asdict(one)} for one in self.views],
        }
