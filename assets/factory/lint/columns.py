"""Finds columns that no table of the statement has, where the columns of its tables are known.

What a known column's type is, is `families`' matter; a table that nobody knows is refused elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tributary.assets.factory.lint.families import Families
from tributary.assets.factory.lint.finding import Finding, line_of
from tributary.resources.errors import nearest

_LOOK_UP = "; look its name up."
_MAY_NAME_OUTPUTS = (exp.Order, exp.Group, exp.Having)


def column_findings(families: Families) -> Iterator[Finding]:
    """A finding for each column that cannot be; none for what cannot be told."""
    for column in families.resolved.find_all(exp.Column):
        problem = "" if column.is_star else _problem(column, families)
        if problem:
            yield Finding(line_of(column), "column", problem)


def is_of_a_table(families: Families, column: exp.Column) -> bool:
    """Whether a table that the SELECT around a column reads is known to have it."""
    sources = families.sources.get(id(families.twin(column).find_ancestor(exp.Select)), {})
    return any(column.name.lower() in columns for columns in sources.values())


def _problem(column: exp.Column, families: Families) -> str:
    """What is wrong with a column; empty where nothing is, or nobody knows."""
    name, table = column.name, column.table
    every: set[str] = set()
    for select in _around(column):
        sources = families.sources.get(id(select), {})
        if table in sources:
            known = sources[table]
            return (
                f"{table} has no column {name}{nearest(name, known, _LOOK_UP)}" if known and name not in known else ""
            )
        if not table:
            clause = column.find_ancestor(*_MAY_NAME_OUTPUTS)
            names_output = clause is not None and clause.parent is select and name in select.named_selects
            if names_output or any(not known or name in known for known in sources.values()):
                return ""
        every |= set(sources) if table else {one for known in sources.values() for one in known}
    if next(_around(column), None) is None:
        return ""
    if table:
        return f"{table}.{name} is of no table that this SELECT reads{nearest(table, every, _LOOK_UP)}"
    return f"no table that this SELECT reads has a column {name}{nearest(name, every, _LOOK_UP)}"


def _around(node: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs around a node, from the inside out."""
    while (select := node.find_ancestor(exp.Select)) is not None:
        yield select
        node = select
