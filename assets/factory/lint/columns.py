"""Finds columns that no table of the statement has, where the columns of its tables are known.

What a known column's type is, is `families`' matter; a table that nobody knows is refused elsewhere.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from sqlglot import exp

from tributary.assets.factory.lint.finding import Finding, line_of
from tributary.assets.factory.lint.sources import Sources, alias_columns, cte_of, enclosing

_MOST_NESTED = 50
_MAY_NAME_OUTPUTS = (exp.Order, exp.Group, exp.Having)

Names = frozenset[str] | None
"""The columns of a relation; None where they are not known."""


def column_findings(tree: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """A finding for each column that cannot be; none for what cannot be told."""
    known = _Columns(schema)
    for column in tree.find_all(exp.Column):
        if not isinstance(column.this, exp.Star) and column.name:
            problem = known.problem(column)
            if problem:
                yield Finding(line_of(column), "column", problem)


class _Columns:
    def __init__(self, schema: Mapping[str, Mapping[str, str]]) -> None:
        self._schema = schema
        self._sources = Sources(schema)
        self._known: dict[int, Names] = {}
        self._depth = 0

    def problem(self, column: exp.Column) -> str:
        """What is wrong with a column; empty where nothing is, or nobody knows."""
        name, qualifier = column.name.lower(), column.table.lower()
        selects = list(enclosing(column))
        if not selects:
            return ""
        return self._qualified(selects, name, qualifier) if qualifier else self._bare(selects, column, name)

    def _qualified(self, selects: list[exp.Select], name: str, qualifier: str) -> str:
        for select in selects:
            relation = self._sources.relations(select).get(qualifier)
            if relation is not None:
                names = self._of(relation)
                if names is None or name in names:
                    return ""
                return f"{qualifier} has no column {name}{_nearest(name, names)}"
        aliases = {alias for select in selects for alias in self._sources.relations(select)}
        return f"{qualifier}.{name} is of no table that this SELECT reads{_nearest(qualifier, aliases)}"

    def _bare(self, selects: list[exp.Select], column: exp.Column, name: str) -> str:
        every: set[str] = set()
        for select in selects:
            if name in _outputs_named_by(column, select):
                return ""
            for relation in self._sources.relations(select).values():
                names = self._of(relation)
                if names is None or name in names:
                    return ""
                every |= names
        return f"no table that this SELECT reads has a column {name}{_nearest(name, every)}"

    def _of(self, relation: exp.Expr) -> Names:
        key = id(relation)
        if key not in self._known:
            self._known[key] = None  # what asks for itself on the way is unknown
            self._depth += 1
            if self._depth <= _MOST_NESTED:
                self._known[key] = self._find(relation)
            self._depth -= 1
        return self._known[key]

    def _find(self, relation: exp.Expr) -> Names:
        renamed = [part.name.lower() for part in alias_columns(relation)]
        if isinstance(relation, exp.Values):
            return frozenset(renamed) or None
        if isinstance(relation, exp.Subquery) and isinstance(relation.this, exp.Query):
            return _renamed(self._outputs(relation.this), renamed)
        if isinstance(relation, exp.Table):
            if relation.db:
                columns = self._schema.get(f"{relation.db}.{relation.name}".lower())
                return None if columns is None else _renamed(list(columns), renamed)
            cte = cte_of(relation)
            if cte is not None:
                return _renamed(self._outputs(cte.this), renamed or [part.name.lower() for part in alias_columns(cte)])
        return None

    def _outputs(self, query: exp.Expr) -> list[str] | None:
        """The names that a query returns, in their order; None where one of them is not known."""
        while isinstance(query, exp.SetOperation | exp.Subquery):
            query = query.this
        if not isinstance(query, exp.Select):
            return None
        names: list[str] = []
        for projection in query.expressions:
            if not projection.is_star:
                names.append(projection.alias_or_name.lower())
                continue
            qualifier = projection.table.lower() if isinstance(projection, exp.Column) else ""
            for alias, relation in self._sources.relations(query).items():
                if not qualifier or alias == qualifier:
                    found = self._of(relation)
                    if found is None:
                        return None
                    names += sorted(found)
        return names


def _renamed(names: list[str] | None, renamed: list[str]) -> Names:
    """The names with the first of them replaced by those of a list after the alias."""
    return None if names is None else frozenset([*renamed, *names[len(renamed) :]])


def _outputs_named_by(column: exp.Column, select: exp.Select) -> frozenset[str]:
    """What the SELECT itself returns, where the column stands in a clause that may name it."""
    node: exp.Expr | None = column
    while node is not None and node is not select:
        if isinstance(node, _MAY_NAME_OUTPUTS) and node.parent is select:
            return frozenset(projection.alias_or_name.lower() for projection in select.expressions)
        node = node.parent
    return frozenset()


def _nearest(name: str, names: frozenset[str] | set[str]) -> str:
    close = difflib.get_close_matches(name, sorted(names), n=1)
    return f"; did you mean {close[0]}?" if close else "; look its name up."
