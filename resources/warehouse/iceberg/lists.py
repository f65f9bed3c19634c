"""Long lists of values in conditions: a table aside, since engines take statements of a bounded length.

Athena's are of 262,144 bytes at most, and a write names the list of its window several times in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyiceberg.partitioning import PartitionSpec

from tributary.resources.warehouse.iceberg import tables
from tributary.resources.warehouse.iceberg.types import iceberg_schema
from tributary.resources.warehouse.iceberg.values import quote
from tributary.resources.warehouse.table import Column

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

INLINE = 16_000
"""Characters of a list that a statement may hold each time it is named."""


def is_long(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a list is too long to be named in statements."""
    return sum(len(value) + 8 for row in rows for value in row) > INLINE


def one_of(value: str, texts: Sequence[str], lists: Lists | None) -> str:
    """The condition that an SQL value is one of some texts; what is long of it goes to `lists`."""
    if not texts:
        return "false"
    rows = [(text,) for text in texts]
    if lists is not None and is_long(rows):
        return lists.condition((value,), ("varchar",), rows)
    return f"{value} IN ({', '.join(map(quote, texts))})"


class Lists:
    """The lists of one write, which are there until it ends."""

    def __init__(self, catalogue: Catalog, within: str) -> None:
        self._catalogue, self._within = catalogue, within
        self._made: dict[tuple[tuple[str, ...], ...], tables.Aside] = {}

    def condition(self, values: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
        """The condition that SQL values of some SQL types have, together, those of a row, which are given as texts."""
        names = [f"k{place}" for place in range(len(values))]
        relation = self._table(names, tuple(map(tuple, rows))).relation
        casts = ", ".join(f"CAST({name} AS {type_})" for name, type_ in zip(names, types, strict=True))
        told = values[0] if len(values) == 1 else f"ROW({', '.join(values)})"
        return f"{told} IN (SELECT {casts} FROM {relation})"

    def close(self) -> None:
        """Let the tables go."""
        for aside in self._made.values():
            tables.destroy(self._catalogue, aside)
        self._made.clear()

    def _table(self, names: Sequence[str], rows: tuple[tuple[str, ...], ...]) -> tables.Aside:
        if rows not in self._made:
            schema = iceberg_schema([Column(name, "text", "") for name in names])
            aside = self._made[rows] = tables.make_aside(self._catalogue, self._within, schema, PartitionSpec())
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            aside.table.append(pa.Table.from_arrays(columns, names=list(names)))
        return self._made[rows]
