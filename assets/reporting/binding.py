"""Binds answers to a report's SELECT: the statement holds a placeholder for each value, and no value of anybody.

Which answers are sound is `answers`' matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlglot import exp, parse_one

from tributary.assets.factory.dialects import Dialect, statement
from tributary.assets.factory.parameters.parameter import LINE, REQUEST, VALUE
from tributary.assets.factory.parameters.values import Value
from tributary.assets.reporting.answers import Answers
from tributary.assets.reporting.declaration import Report
from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import postgres_type

_PLACEHOLDERS: dict[Dialect, str] = {"postgres": "%s", "athena": "?"}


class Bound(NamedTuple):
    """A statement, and the values of its placeholders in their order (`%s` for Postgres, `?` for Athena and Trino)."""

    sql: str
    values: tuple[Value | None, ...]


def bind(report: Report, answers: Answers, dialect: Dialect) -> Bound:
    """The SELECT of a report as an engine runs it for some answers.

    `:name` is a value of the declared type, and `request.<name>` the relation of a group's lines, or of the values of a
    parameter that takes many, which may have no row.
    """
    tree = report.model.select.copy()
    marks = _Marks(report.model.file.body)
    for node in list(tree.find_all(exp.Placeholder)):
        kind = report.asked.scalars[node.name]
        node.replace(parse_one(marks.cast(kind, _single(answers, node.name)), dialect="postgres"))
    relations = {}
    for key, columns in report.asked.relations.items():
        name = key.removeprefix(f"{REQUEST}.")
        relations[name] = f"{marks.prefix}{name}"
        query = parse_one(_relation(columns, list(_rows(answers, name)), marks), dialect="postgres")
        _put_first(tree, exp.CTE(this=query, alias=exp.TableAlias(this=exp.to_identifier(relations[name]))))
    for table in list(tree.find_all(exp.Table)):
        if table.db == REQUEST:
            alias = exp.to_identifier(table.alias or table.name)
            table.replace(exp.Table(this=exp.to_identifier(relations[table.name]), alias=exp.TableAlias(this=alias)))
    return marks.bound(statement(tree, dialect), dialect)


class _Marks:
    """Stands in for values while a statement is written: words that occur nowhere in the report's own text."""

    def __init__(self, text: str) -> None:
        self.prefix = "asked_"
        while self.prefix in text.lower():
            self.prefix += "_"
        self._values: dict[str, Value | None] = {}

    def cast(self, kind: str, value: Value | None) -> str:
        """SQL for a value of a portable type."""
        mark = f"{self.prefix}{len(self._values)}_"
        self._values[mark] = value
        return f"CAST({mark} AS {postgres_type(kind)})"

    def bound(self, sql: str, dialect: Dialect) -> Bound:
        """The statement with a placeholder for each mark. Psycopg takes a % for one, unless it is doubled."""
        text = sql.replace("%", "%%") if dialect == "postgres" else sql
        mark = re.compile(rf"\b{self.prefix}[0-9]+_\b")
        values = tuple(self._values[found[0]] for found in mark.finditer(text))
        return Bound(mark.sub(_PLACEHOLDERS[dialect], text), values)


def _single(answers: Answers, name: str) -> Value | None:
    value = answers.values[name]
    assert not isinstance(value, tuple)  # noqa: S101 - the report asks for one
    return value


def _rows(answers: Answers, name: str) -> Iterator[Mapping[str, Value | None]]:
    listed = answers.values[name]
    assert isinstance(listed, tuple)  # noqa: S101 - the report asks for many
    for number, one in enumerate(listed, start=1):
        yield {**(one if isinstance(one, Mapping) else {VALUE: one}), LINE: number}


def _relation(columns: Mapping[str, str], rows: list[Mapping[str, Value | None]], marks: _Marks) -> str:
    """A SELECT of the rows; its outer casts tell types to what reads the tree, and to engines where there is no row."""
    names = ", ".join(map(quoted, columns))
    typed = ", ".join(
        f"CAST({quoted(name)} AS {postgres_type(kind)}) AS {quoted(name)}" for name, kind in columns.items()
    )
    cells = [
        ", ".join(marks.cast(kind, row[name]) for name, kind in columns.items())
        for row in rows or [dict.fromkeys(columns)]
    ]
    values = ", ".join(f"({row})" for row in cells)
    return f"SELECT {typed} FROM (VALUES {values}) AS given ({names}){'' if rows else ' WHERE FALSE'}"


def _put_first(tree: exp.Query, cte: exp.CTE) -> None:
    """Put a CTE before those that the SELECT has, which may read it."""
    found = tree.args.get("with_")
    if found is None:
        tree.set("with_", exp.With(expressions=[cte]))
    else:
        found.set("expressions", [cte, *found.expressions])
