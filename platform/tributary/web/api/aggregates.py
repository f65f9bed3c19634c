"""Aggregates as requests word them: dimensions and measures over the columns of one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tributary.resources.warehouse.table import quoted
from tributary.resources.warehouse.types import decimal_digits
from tributary.web.api.problems import Problem
from tributary.web.api.questions import Asked

_TIMES = ("day", "week", "month", "quarter", "year")
_FUNCTIONS = ("sum", "avg", "min", "max", "count", "count_distinct")
_TERM = re.compile(r"\s*(?:([a-z_][a-z0-9_]{0,47}):)?([a-z_][a-z0-9_]*)(?:\(([a-z_][a-z0-9_]*)?\))?\s*")
MOST_TERMS = 20


@dataclass(frozen=True)
class Term:
    """A column of the answer: its name, and its expression."""

    name: str
    sql: str


@dataclass(frozen=True)
class Aggregate:
    """What is asked: groups, measures, and the sort, by names of the answer."""

    dimensions: tuple[Term, ...]
    measures: tuple[Term, ...]
    order: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The columns of the answer."""
        return [one.name for one in (*self.dimensions, *self.measures)]

    def statement(self, source: str, where: str) -> str:
        """The SELECT from a relation, with a WHERE clause."""
        terms = ", ".join(f"{one.sql} AS {quoted(one.name)}" for one in (*self.dimensions, *self.measures))
        positions = ", ".join(str(number) for number in range(1, len(self.dimensions) + 1))
        grouped = f" GROUP BY {positions}" if self.dimensions else ""
        sort = ", ".join(self.order)
        return f"SELECT {terms} FROM {source}{where}{grouped}{f' ORDER BY {sort}' if sort else ''}"


def read_aggregate(asked: Asked, dimensions: str | None, measures: str, order: str | None) -> Aggregate:
    """Read what a request asks of a table.

    Raises:
        Problem: a term cannot be read, names no column, or asks of a column what its type does not have.
    """
    groups = tuple(_dimension(asked, *parts) for parts in _terms("dimensions", dimensions or ""))
    found = tuple(_measure(asked, *parts) for parts in _terms("measures", measures))
    if not found:
        raise Problem(400, "measures: name one at least, as count or sum(column).", at="measures")
    names = [one.name for one in (*groups, *found)]
    if len(set(names)) < len(names):
        raise Problem(400, "Two columns of the answer have one name: name them, as in total:sum(sales_value).")
    return Aggregate(groups, found, tuple(_order(order, names, len(groups))))


def _terms(where: str, text: str) -> Iterator[tuple[str, str, str | None, bool]]:
    parts = text.split(",") if text.strip() else []
    if len(parts) > MOST_TERMS:
        raise Problem(400, f"{where}: at most {MOST_TERMS} are looked at.", at=where)
    for part in parts:
        match = _TERM.fullmatch(part)
        if match is None:
            raise Problem(400, f"{where}: {part[:60]!r} cannot be read; write name, function(name) or new:….", at=where)
        yield match[1] or "", match[2], match[3], "(" in part


def _dimension(asked: Asked, name: str, word: str, inner: str | None, is_call: bool) -> Term:
    if not is_call:
        column = asked.column(word, "dimensions")
        return Term(name or column.name, quoted(column.name))
    if word not in _TIMES or inner is None:
        raise Problem(400, f"dimensions: {word}() is not known; use {', '.join(_TIMES)}, of a column.", at="dimensions")
    column = asked.column(inner, "dimensions")
    if column.type not in ("date", "timestamp"):
        raise Problem(
            400, f"dimensions: {word} is of dates and times; {column.name} is {column.type}.", at="dimensions"
        )
    return Term(name or f"{column.name}_{word}"[:48], f"CAST(date_trunc('{word}', {quoted(column.name)}) AS date)")


def _measure(asked: Asked, name: str, word: str, inner: str | None, is_call: bool) -> Term:
    if word == "count" and inner is None:
        return Term(name or "count", "count(*)")
    if word not in _FUNCTIONS or not is_call or inner is None:
        raise Problem(
            400, f"measures: {word} is not known so; use count, or {', '.join(_FUNCTIONS)} of a column.", at="measures"
        )
    column = asked.column(inner, "measures")
    is_number = column.type in ("integer", "bigint", "double") or decimal_digits(column.type) is not None
    if word in ("sum", "avg") and not is_number:
        raise Problem(400, f"measures: {word} is of numbers; {column.name} is {column.type}.", at="measures")
    if word in ("min", "max") and column.type == "boolean":
        raise Problem(400, f"measures: {word} is of what has an order; {column.name} is boolean.", at="measures")
    called = quoted(column.name)
    if word == "count_distinct":
        sql = f"count(DISTINCT {called})"
    elif word in ("sum", "avg"):
        # An export needs a type of known width; sums of wide decimals would have none.
        sql = f"CAST({word}({called}) AS {_sum_type(word, column.type)})"
    else:
        sql = f"{word}({called})"
    return Term(name or f"{word}_{column.name}"[:48], sql)


def _sum_type(word: str, type_: str) -> str:
    digits = decimal_digits(type_)
    if word == "avg" or type_ == "double":
        return "double precision"
    if type_ == "integer":
        return "bigint"
    return f"numeric(38,{digits[1] if digits else 0})"


def _order(text: str | None, names: list[str], groups: int) -> Iterator[str]:
    """The sort, made total by the dimensions, as positions."""
    sorted_by: dict[int, str] = {}
    for part in text.split(",") if text else ():
        name, _, direction = part.strip().partition(".")
        if name not in names or direction not in ("", "asc", "desc"):
            raise Problem(
                400, f"order: {part.strip()[:60]!r} is no column of the answer; it has {', '.join(names)}.", at="order"
            )
        sorted_by.setdefault(names.index(name) + 1, " DESC NULLS LAST" if direction == "desc" else "")
    yield from (f"{position}{direction}" for position, direction in sorted_by.items())
    yield from (str(position) for position in range(1, groups + 1) if position not in sorted_by)
