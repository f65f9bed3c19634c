"""The lineage of a column as a picture to click through, and as a list that says the same in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue, ColumnEntry
from tributary.lineage_graph import ROWS, Edge, Graph
from tributary.resources.addresses import column_page, table_page
from tributary.resources.warehouse.table import PII
from tributary.web.catalog import layout
from tributary.web.catalog.layout import Line, Placed, Row

_HOW = {"value": "gives values to", "join": "joins", "filter": "filters", "group": "groups"}
_ROOM, _ROOM_BESIDE_TAG, _ROOM_OF_SQL = 32, 27, 33
"""Characters that a box is wide."""


@dataclass(frozen=True)
class Node:
    """A row of a box: a column, with what a screen reader says of it; without an address it is no link."""

    x: float
    y: float
    height: int
    label: str
    sql: str
    address: str
    name: str
    is_personal: bool
    is_start: bool


@dataclass(frozen=True)
class Head:
    """A box of a table."""

    x: float
    y: float
    height: float
    label: str
    address: str
    name: str
    nodes: Sequence[Node]


@dataclass(frozen=True)
class Way:
    """A line: its path, its number in the list, what it says, and whether values flow, and personal ones."""

    path: str
    number: int
    title: str
    is_value: bool
    is_personal: bool


@dataclass(frozen=True)
class Told:
    """A line of the list: from what to what, how, and by which expressions."""

    number: int
    source: str
    source_address: str
    target: str
    target_address: str
    how: str
    sql: Sequence[str]
    without_sql: str
    is_personal: bool


@dataclass(frozen=True)
class Picture:
    """The picture, and the list of its lines."""

    width: float
    height: float
    heads: Sequence[Head]
    ways: Sequence[Way]
    told: Sequence[Told]


def picture_of(graph: Graph, catalogue: Catalogue) -> Picture:
    """The picture of a graph around one column."""
    return _Drawing(graph, catalogue).picture()


class _Drawing:
    def __init__(self, graph: Graph, catalogue: Catalogue) -> None:
        self._graph, self._tables = graph, catalogue.by_key
        self._columns: Mapping[SourceColumn, ColumnEntry] = {
            SourceColumn(table, one.name): one
            for table in {column.table for column in graph.hops}
            if table in self._tables
            for one in self._tables[table].columns
        }
        self._sql: dict[SourceColumn, str] = {}
        for edge in graph.edges:
            if edge.is_value and edge.sql:
                self._sql.setdefault(edge.target, edge.sql[0].partition(" = ")[2] or edge.sql[0])

    def picture(self) -> Picture:
        """Place the boxes, and say what each box, row and line is."""
        boxes: dict[str, list[Row]] = {column.table: [] for column in self._graph.hops}
        for column in sorted(self._graph.hops, key=self._order):
            if column.column != ROWS:
                boxes[column.table].append(Row(column.column, column in self._sql))
        placed = layout.place(
            boxes, [Line(edge.source, edge.target) for edge in self._graph.edges], self._graph.starts[0].table
        )
        heads = [self._head(table, rows, placed) for table, rows in boxes.items()]
        told = [self._told(number, edge) for number, edge in enumerate(self._graph.edges, 1)]
        ways = [
            Way(path, one.number, f"{one.source} {one.how} {one.target}", edge.is_value, one.is_personal)
            for path, edge, one in zip(placed.paths, self._graph.edges, told, strict=True)
        ]
        # In the order in which one reads, which is that of the keyboard.
        return Picture(placed.width, placed.height, sorted(heads, key=lambda one: (one.x, one.y)), ways, told)

    def _order(self, column: SourceColumn) -> tuple[int, str]:
        """The order of a table's columns; of objects, that of names."""
        if column.table not in self._tables:
            return 0, column.column
        names = [one.name for one in self._tables[column.table].columns]
        return names.index(column.column) if column.column in names else -1, column.column

    def _is_personal(self, column: SourceColumn) -> bool:
        return column in self._columns and PII in self._columns[column].tags

    def _head(self, table: str, rows: Sequence[Row], placed: Placed) -> Head:
        box = placed.boxes[table]
        nodes = [self._node(SourceColumn(table, row.name), row, box.x, box.rows[row.name]) for row in rows]
        kind = self._tables[table].kind if table in self._tables else "objects"
        address = table_page(table) if table in self._tables else ""
        return Head(box.x, box.y, box.height, _cut(table, _ROOM), address, f"{table}, {kind}", nodes)

    def _node(self, column: SourceColumn, row: Row, x: float, y: float) -> Node:
        is_start, is_personal = column in self._graph.starts, self._is_personal(column)
        name = f"{column.table}.{column.column}{', personal data' if is_personal else ''}"
        return Node(
            x=x,
            y=y,
            height=row.height,
            label=_cut(column.column, _ROOM_BESIDE_TAG if is_personal else _ROOM),
            sql=_cut(self._sql.get(column, ""), _ROOM_OF_SQL),
            address=column_page(column.table, column.column) if column in self._columns else "",
            name=f"{name}, the column of this page" if is_start else name,
            is_personal=is_personal,
            is_start=is_start,
        )

    def _told(self, number: int, edge: Edge) -> Told:
        source, target = edge.source, edge.target
        return Told(
            number=number,
            source=".".join(source),
            source_address=column_page(source.table, source.column) if source in self._columns else "",
            target=".".join(target) if edge.is_value else f"the rows of {target.table}",
            target_address=column_page(target.table, target.column) if edge.is_value else table_page(target.table),
            how=" and ".join(_HOW[one] for one in edge.how),
            sql=edge.sql,
            without_sql="handed on as it is" if self._tables[target.table].file else "by the code that makes it",
            is_personal=edge.is_value and self._is_personal(source) and self._is_personal(target),
        )


def _cut(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
