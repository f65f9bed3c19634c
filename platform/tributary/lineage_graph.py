"""Column lineage over all tables: what a column comes from and what depends on it, hop by hop, and by what SQL.

It walks the catalogue, without Dagster and sqlglot. How it is shown is the command line's and the pages' matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tributary.assets.source import SourceColumn
from tributary.catalogue import Catalogue, TableEntry

ROWS = ""
"""Stands in place of a column where the rows of a table are meant, of which there are more or fewer."""


class Edge(NamedTuple):
    """That a column comes from another, or that the rows of a table, `ROWS`, do.

    `how` is `value`, or some of `join`, `filter` and `group`; `sql` are the expressions, from the target's own on.
    """

    source: SourceColumn
    target: SourceColumn
    how: tuple[str, ...]
    sql: tuple[str, ...]

    @property
    def is_value(self) -> bool:
        """Whether values flow, and not only rows are chosen."""
        return self.target.column != ROWS


class Graph(NamedTuple):
    """What hangs together with some columns.

    Attributes:
        starts: where it was begun.
        hops: of each column (or the rows of a table) how many tables away it is, those that it comes from below zero;
            the nearest first, those that only decide on rows after all others.
        edges: between them.
    """

    starts: tuple[SourceColumn, ...]
    hops: Mapping[SourceColumn, int]
    edges: tuple[Edge, ...]

    def nearest(self, most: int) -> Graph:
        """The same with so many columns at most."""
        kept = dict(list(self.hops.items())[:most])
        return Graph(self.starts, kept, tuple(one for one in self.edges if one.source in kept and one.target in kept))


class Lineages:
    """The lineage of all columns of a catalogue, both ways."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._tables = catalogue.by_key
        self._into: dict[SourceColumn, list[Edge]] = {}
        self._from: dict[SourceColumn, list[Edge]] = defaultdict(list)
        for table in catalogue.tables:
            for edge in _edges(table):
                self._into.setdefault(edge.target, []).append(edge)
                self._from[edge.source].append(edge)

    def into(self, column: SourceColumn) -> Sequence[Edge]:
        """What a column comes from, or the rows of a table do."""
        return self._into.get(column, ())

    def out_of(self, column: SourceColumn) -> Sequence[Edge]:
        """What comes from a column: columns, and rows of tables that it decides on."""
        return self._from.get(column, ())

    def around(
        self,
        starts: Iterable[SourceColumn],
        *,
        up: bool = True,
        down: bool = True,
        conditions: bool = True,
        most_hops: int | None = None,
    ) -> Graph:
        """What some columns come from, and what depends on them.

        Args:
            up: whether to go to what they come from.
            down: whether to go to what depends on them.
            conditions: whether to tell of columns that only decide on the rows of a table on the way; it ends there.
            most_hops: how many tables far to go; None for all the way.
        """
        starts = tuple(starts)
        hops = dict.fromkeys(starts, 0)
        values: dict[Edge, None] = {}
        for step, wanted in ((-1, up), (1, down)):
            if wanted:
                values |= dict.fromkeys(self._walk(starts, hops, step, most_hops))
        deciding = list(self._deciding(hops, values, up=up, down=down)) if conditions and most_hops != 0 else []
        tables: dict[str, int] = {}
        for column, far in hops.items():
            tables.setdefault(column.table, far)
        for edge in deciding:
            hops.setdefault(edge.target, tables.get(edge.target.table, hops.get(edge.source, 0) + 1))
            hops.setdefault(edge.source, hops[edge.target] - 1)
        return Graph(starts, hops, (*values, *deciding))

    def _walk(
        self, starts: Iterable[SourceColumn], hops: dict[SourceColumn, int], step: int, most: int | None
    ) -> Iterator[Edge]:
        """The edges of values in one direction, level by level; notes how far each column is."""
        level, far = list(starts), 0
        seen = set(level)
        while level and far != most:
            far += 1
            after: dict[SourceColumn, None] = {}
            for column in level:
                for edge in self.into(column) if step < 0 else self.out_of(column):
                    if edge.is_value:
                        yield edge
                        after[edge.source if step < 0 else edge.target] = None
            level = [column for column in after if column not in seen]
            seen.update(level)
            for column in level:
                hops.setdefault(column, far * step)

    def _deciding(
        self, hops: Mapping[SourceColumn, int], values: Iterable[Edge], *, up: bool, down: bool
    ) -> Iterator[Edge]:
        """What decides on the rows of tables that the columns come from, and the rows that the columns decide on.

        What gives a table values besides is left out: it is told of already.
        """
        told = {(edge.source, edge.target.table) for edge in values}
        found: dict[Edge, None] = {}
        if up:
            above = dict.fromkeys(column.table for column, far in hops.items() if far <= 0)
            found |= dict.fromkeys(edge for table in above for edge in self.into(SourceColumn(table, ROWS)))
        if down:
            below = [column for column, far in hops.items() if far >= 0]
            found |= dict.fromkeys(edge for one in below for edge in self.out_of(one) if not edge.is_value)
        yield from (edge for edge in found if (edge.source, edge.target.table) not in told)


def _edges(table: TableEntry) -> Iterator[Edge]:
    for column in table.columns:
        for source in column.sources:
            sql = tuple(step.sql for step in column.steps if source in step.sources)
            yield Edge(source, SourceColumn(table.key, column.name), ("value",), sql)
    deciding: dict[SourceColumn, dict[tuple[str, str], None]] = defaultdict(dict)
    for step in table.conditions:
        for source in step.sources:
            deciding[source][step.how, step.sql] = None
    for source, told in deciding.items():
        how = tuple(dict.fromkeys(how for how, _ in told))
        yield Edge(source, SourceColumn(table.key, ROWS), how, tuple(sql for _, sql in told))
