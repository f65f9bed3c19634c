"""The conditions of checks, axes of charts and rules of files: SQL over one row's columns, held to a SELECT's rules.

They mean the same on every engine, and never depend on the clock, so that a result that was noted stays true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp

from tributary.assets.factory.dialects import projection
from tributary.assets.factory.header import ChartEntry
from tributary.assets.factory.lint.check import lint
from tributary.assets.factory.lint.errors import SqlSyntaxError
from tributary.assets.factory.lint.parsing import parse
from tributary.resources.errors import nearest
from tributary.resources.warehouse.base import Dialect
from tributary.resources.warehouse.delimited.contract import FileContract
from tributary.resources.warehouse.table import Column, Table

_LINES_BEFORE = 1
# A picture is drawn of numbers, however many digits they have; columns are looked for here, in the table's own words.
_OF_TABLES_ONLY = ("untyped-number", "column")


@dataclass(frozen=True)
class ExpressionProblem:
    """What is wrong with an expression; `line` counts its own lines from 0."""

    line: int
    problem: str


def condition_problems(table: Table, text: str) -> Iterator[ExpressionProblem]:
    """What keeps a text from being a check's condition on one row of the table."""
    select = _read(text)
    if isinstance(select, ExpressionProblem):
        yield select
        return
    yield from _problems(table, text, select)
    if select.find(exp.AggFunc, exp.Window) is not None:
        yield ExpressionProblem(0, f"{text!r} looks at several rows; it must be an expression of one.")


def chart_problems(table: Table, chart: ChartEntry) -> Iterator[ExpressionProblem]:
    """What keeps a chart's axes from being drawn."""
    for name, text in (("x", chart.x), ("y", chart.y)):
        select = _read(text)
        if isinstance(select, ExpressionProblem):
            yield select
            continue
        yield from _problems(table, text, select)
        is_aggregate = select.find(exp.AggFunc) is not None
        if is_aggregate != (name == "y"):
            wanted = (
                "an aggregate, such as sum(…)" if name == "y" else "no aggregate, since each of its values is a point"
            )
            yield ExpressionProblem(0, f"{name} is {text!r}, but must be {wanted}.")


def contract_problems(table: Table, contract: FileContract) -> Iterator[str]:
    """What keeps the rules and derived columns of a table's file from meaning the same on every engine."""
    file = Table(table.schema, table.name, tuple(Column(one.name, one.type, "") for one in contract.columns))
    for kind, name, text in (
        *(("rule", rule.name, rule.condition) for rule in contract.rules),
        *(("column", column.name, column.expression) for column in contract.derived),
    ):
        yield from (f"{kind} {name}: {found.problem}" for found in condition_problems(file, text))


def expression_in(text: str, dialect: Dialect) -> str:
    """An expression that was found sound, in an engine's dialect."""
    return projection(parse(_select(text)), dialect)


def condition_of(text: str) -> exp.Expr:
    """The tree of an expression that was found sound."""
    return parse(_select(text)).selects[0].unalias()


@lru_cache(maxsize=256)
def _read(text: str) -> exp.Select | ExpressionProblem:
    try:
        select = parse(_select(text))
    except SqlSyntaxError as error:
        line = min(_line(error.line), text.count("\n"))
        return ExpressionProblem(line, f"{text!r} is no SQL expression: {error.problem}")
    alone = isinstance(select, exp.Select) and {part for part, value in select.args.items() if value} == {
        "expressions",
        "from_",
    }
    if not alone or len(select.selects) != 1 or not isinstance(select.selects[0].this, exp.Paren):
        return ExpressionProblem(0, f"{text!r} is no single SQL expression; write one.")
    if len(list(select.find_all(exp.Query))) > 1:
        return ExpressionProblem(
            0, f"{text!r} asks another query; use a references check, or compute the column in the SELECT."
        )
    assert isinstance(select, exp.Select)  # noqa: S101 - as found above
    return select


def _select(text: str) -> str:
    # A comment at the end of the text ends with its line.
    return f"SELECT (\n{text}\n) AS value FROM a.row_of_it AS t"


def _problems(table: Table, text: str, select: exp.Select) -> Iterator[ExpressionProblem]:
    for column in select.find_all(exp.Column):
        if column.table or isinstance(column.this, exp.Star):
            yield ExpressionProblem(0, f"{text!r} must name the table's columns alone, without a table or a *.")
        elif column.name not in table.column_names:
            hint = nearest(column.name, table.column_names)
            yield ExpressionProblem(0, f"{text!r} names {column.name}, which is not one of its columns{hint}")
    for finding in lint(select, _select(text), _schema(table)):
        if finding.rule not in _OF_TABLES_ONLY:
            yield ExpressionProblem(_line(finding.line), f"{finding.message} [{finding.rule}]")


def _schema(table: Table) -> Mapping[str, Mapping[str, str]]:
    return {"a.row_of_it": {column.name: column.type for column in table.columns}}


def _line(line: int) -> int:
    return max(0, line - 1 - _LINES_BEFORE)
