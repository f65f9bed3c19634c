"""A card a source: what its own declaration says is to be seen at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tributary.assets.source import Glance, Source
from tributary.catalogue import Catalogue
from tributary.problems.knowing import FromWarehouse
from tributary.resources.errors import TributaryError
from tributary.resources.look import drawing
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.warehouse import Warehouse

_MOST_POINTS = 60


@dataclass(frozen=True)
class Card:
    """A source: its tables, their rows, the moment or day of its newest data, and its line with the numbers of it."""

    name: str
    description: str
    tables: int
    rows: int
    newest: datetime | date | None = None
    title: str = ""
    line: drawing.Line | None = None
    numbers: list[tuple[object, object]] = field(default_factory=list)


class Cards:
    """The cards; what a table tells is read again only where its rows have changed.

    Lines are drawn of what pages read. Which data are the newest is asked of the warehouse itself, as of one column.
    """

    def __init__(self, warehouse: Warehouse, serving: Warehouse) -> None:
        self._warehouse, self._serving = warehouse, serving
        self._read: dict[str, tuple[object, list[Mapping[str, object]]]] = {}

    def of(self, sources: Iterable[Source], catalogue: Catalogue, known: FromWarehouse) -> list[Card]:
        """The cards of sources, in their order."""
        cards = []
        for source in sources:
            own = [one.key for one in catalogue.tables if one.source == source.name and one.kind == "table"]
            rows = [known.rows[key] for key in own if key in known.rows]
            if rows or source.glance:
                cards.append(self._card(source, known, len(rows), sum(rows)))
        return cards

    def _card(self, source: Source, known: FromWarehouse, tables: int, rows: int) -> Card:
        plain = Card(source.name, source.description, tables, rows)
        if source.glance is None:
            return plain
        glance = source.glance
        table, _, column = glance.newest.rpartition(".")
        query = f"SELECT max({quoted(column)}) AS newest FROM {_sql_name(table)}"
        newest = self._rows(self._warehouse, query, known.updated.get(table))
        points = self._points(glance, known)
        drawn = _small(drawing.line([(one["x"], float(str(one["y"] or 0))) for one in points]), points)
        return Card(
            source.name,
            source.description,
            tables,
            rows,
            newest[0]["newest"] if newest else None,  # type: ignore[arg-type]  # a day or moment, as `Glance` says
            glance.title,
            drawn,
            [(one["x"], one["y"]) for one in points],
        )

    def _points(self, glance: Glance, known: FromWarehouse) -> list[Mapping[str, object]]:
        query = (
            f"SELECT {glance.x} AS x, {glance.y} AS y FROM {_sql_name(glance.table)} "
            f"GROUP BY 1 ORDER BY 1 DESC LIMIT {_MOST_POINTS}"
        )
        return self._rows(self._serving, query, known.served.get(glance.table))[::-1]

    def _rows(self, asked: Warehouse, query: str, updated: datetime | None) -> list[Mapping[str, object]]:
        if updated is None:
            return []
        read = self._read.get(query)
        if read is None or read[0] != updated:
            try:
                rows: list[Mapping[str, object]] = list(asked.rows(query))
            except TributaryError:  # the card then has no picture; that the warehouse is away is told above
                return []
            read = self._read[query] = (updated, rows)
        return read[1]


def _small(line: drawing.Line | None, points: Sequence[Mapping[str, object]]) -> drawing.Line | None:
    """A line with the marks of its ends alone: there is room for no more on a card."""
    if line is None:
        return None
    ends = [
        drawing.Tick(drawing.LEFT, str(points[0]["x"])),
        drawing.Tick(drawing.WIDTH - drawing.RIGHT, str(points[-1]["x"])),
    ]
    return replace(line, x=ends)


def _sql_name(table: str) -> str:
    return ".".join(map(quoted, table.split(".", 1)))
