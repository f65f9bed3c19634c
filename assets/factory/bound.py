"""Puts values and whole relations into a SELECT as bound values: the statement holds a placeholder for each of them.

Which values are sound is the caller's matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp, parse_one

from tributary.assets.factory.dialects import statement
from tributary.assets.factory.parameters.values import Value
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import postgres_type

_PLACEHOLDER = "%s"


class Bound(NamedTuple):
    """A statement, and the values of its placeholders `%s` in their order; any other percent sign is doubled in it."""

    sql: str
    values: tuple[Value | None, ...]


class Relation(NamedTuple):
    """Rows that stand in for a table: the portable types of its columns, and the rows, which may be none."""

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Value | None]]


class Marks:
    """Stands in for values while a statement is written: words that occur nowhere in the SELECT's own text."""

    def __init__(self, text: str) -> None:
        self._prefix = "asked_"
        while self._prefix in text.lower():
            self._prefix += "_"
        self._values: dict[str, Value | None] = {}

    def cast(self, kind: str, value: Value | None) -> exp.Expr:
        """An expression for a value of a portable type."""
        return parse_one(self._cast(kind, value), dialect="postgres")

    def put(self, tree: exp.Query, relations: Mapping[str, Relation]) -> None:
        """Let a SELECT read these relations, by `schema.table`, in place of the tables of their names."""
        names = {key: f"{self._prefix}{key.replace('.', '_')}" for key in relations}
        for key, relation in relations.items():
            query = parse_one(self._select(relation), dialect="postgres")
            _put_first(tree, exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(names[key]))))
        for table in list(tree.find_all(exp.Table)):
            name = names.get(f"{table.db}.{table.name}")
            if name is not None:
                alias = exp.TableAlias(this=exp.to_identifier(table.alias or table.name))
                table.replace(exp.Table(this=exp.to_identifier(name), alias=alias))

    def bound(self, tree: exp.Query, dialect: Dialect) -> Bound:
        """The statement with a placeholder for each value, as `Warehouse` takes it whatever the engine."""
        text = statement(tree, dialect).replace("%", "%%")
        mark = re.compile(rf"\b{self._prefix}[0-9]+_\b")
        values = tuple(self._values[found[0]] for found in mark.finditer(text))
        return Bound(mark.sub(_PLACEHOLDER, text), values)

    def _cast(self, kind: str, value: Value | None) -> str:
        mark = f"{self._prefix}{len(self._values)}_"
        self._values[mark] = value
        return f"CAST({mark} AS {postgres_type(kind)})"

    def _select(self, relation: Relation) -> str:
        """A SELECT of the rows; outer casts tell types to what reads the tree, and to engines where there is no row."""
        columns, rows = relation
        names = ", ".join(map(quoted, columns))
        typed = ", ".join(
            f"CAST({quoted(name)} AS {postgres_type(kind)}) AS {quoted(name)}" for name, kind in columns.items()
        )
        cells = [", ".join(self._cast(kind, row.get(name)) for name, kind in columns.items()) for row in rows or [{}]]
        values = ", ".join(f"({row})" for row in cells)
        return f"SELECT {typed} FROM (VALUES {values}) AS given ({names}){'' if rows else ' WHERE FALSE'}"


def _put_first(tree: exp.Query, cte: exp.CTE) -> None:
    """Put a CTE before those that the SELECT has, which may read it."""
    found = tree.args.get("with_")
    if found is None:
        tree.set("with_", exp.With(expressions=[cte]))
    else:
        found.set("expressions", [cte, *found.expressions])
