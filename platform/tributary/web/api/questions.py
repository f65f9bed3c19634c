"""Reads what a request asks of one table, and words it as a statement: names from the catalogue, values bound.

Filters are as PostgREST writes them: `column=operator.value`, such as `rfm_bin=gte.4` or `city=in.(Bern,Basel)`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tributary.catalogue import ColumnEntry, TableEntry
from tributary.resources.errors import nearest
from tributary.resources.warehouse.table import PII, quoted
from tributary.resources.warehouse.types import decimal_digits, postgres_type
from tributary.web.api.problems import Problem
from tributary.web.api.values import read_value

_COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_PATTERNS = {"like": "LIKE", "ilike": "ILIKE"}
_IS = {"null": "IS NULL", "true": "IS TRUE", "false": "IS FALSE"}
OPERATORS = (*_COMPARISONS, *_PATTERNS, "in", "is")
MOST_FILTERS = 50
MOST_VALUES = 1_000
_LISTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,()"]*)')


@dataclass(frozen=True)
class Order:
    """By what rows are sorted; nulls stand where Postgres has them, last going up and first going down."""

    name: str
    type: str
    descending: bool = False

    @property
    def sql(self) -> str:
        """The sort, as a part of ORDER BY."""
        return f"{quoted(self.name)}{' DESC' if self.descending else ''}"


@dataclass(frozen=True)
class Condition:
    """A condition on one row, and the values in the places of its placeholders."""

    sql: str
    params: tuple[Any, ...] = ()


class Asked:
    """A table as somebody may ask it: columns with personal data are there for those who were granted them.

    Args:
        table: as the catalogue has it.
        scopes: of whoever asks.
    """

    def __init__(self, table: TableEntry, scopes: Collection[str]) -> None:
        self.table = table
        self._hidden = {one.name for one in table.columns if PII in one.tags and PII not in scopes}
        self.columns = tuple(one for one in table.columns if one.name not in self._hidden)
        self._by_name = {one.name: one for one in self.columns}

    def column(self, name: str, where: str) -> ColumnEntry:
        """A column; `where` is the part of the request that names it.

        Raises:
            Problem: there is none, or it holds personal data that are not for whoever asks.
        """
        if name in self._hidden:
            raise Problem(403, f"{self.table.key}.{name} holds personal data, which take the scope pii.", at=where)
        if name not in self._by_name:
            told = nearest(name, self._by_name, f"; it has {', '.join(self._by_name)}.")
            raise Problem(400, f"{where}: {self.table.key} has no column {name[:60]!r}{told}", at=where)
        return self._by_name[name]

    def selected(self, text: str | None) -> tuple[ColumnEntry, ...]:
        """The columns of `select=a,b`; all that may be seen where nothing is said."""
        if text is None:
            return self.columns
        return tuple(dict.fromkeys(self.column(name.strip(), "select") for name in text.split(",")))

    def order(self, text: str | None) -> tuple[Order, ...]:
        """The sort of `order=a.desc,b`."""
        found: dict[str, Order] = {}
        for part in text.split(",") if text else ():
            name, _, direction = part.strip().partition(".")
            if direction not in ("", "asc", "desc"):
                raise Problem(400, f"order: {direction[:20]!r} is no direction; write asc or desc.", at="order")
            column = self.column(name, "order")
            found.setdefault(name, Order(name, column.type, direction == "desc"))
        return tuple(found.values())

    def total_order(self, order: Sequence[Order]) -> tuple[Order, ...]:
        """The sort, made total: by a key of the table, or by all of its columns that may be seen where it has none."""
        keys = [key for key in self.table.keys if not self._hidden.intersection(key)]
        rest = min(keys, key=len) if keys else tuple(self._by_name)
        sorted_by = {one.name for one in order}
        return (*order, *(Order(name, self._by_name[name].type) for name in rest if name not in sorted_by))

    def filters(self, pairs: Iterable[tuple[str, str]], reserved: Collection[str]) -> tuple[Condition, ...]:
        """The conditions of `column=operator.value`; all hold."""
        wanted = [(name, text) for name, text in pairs if name not in reserved]
        if len(wanted) > MOST_FILTERS:
            raise Problem(400, f"There are {len(wanted)} filters; at most {MOST_FILTERS} are looked at.")
        return tuple(self._filter(self.column(name, name), text) for name, text in wanted)

    def _filter(self, column: ColumnEntry, text: str) -> Condition:
        operator, _, value = text.partition(".")
        negated = operator == "not"
        if negated:
            operator, _, value = value.partition(".")
        found = self._condition(column, operator, value)
        return Condition(f"NOT ({found.sql})", found.params) if negated else found

    def _condition(self, column: ColumnEntry, operator: str, text: str) -> Condition:
        name, place = quoted(column.name), _place(column.type)
        if operator in _COMPARISONS:
            return Condition(f"{name} {_COMPARISONS[operator]} {place}", (_value(column, text),))
        if operator in _PATTERNS:
            if column.type != "text":
                raise Problem(400, f"{column.name}: {operator} is for text; {column.name} is {column.type}.")
            pattern = _value(column, text).replace("*", "%")
            return Condition(f"{name} {_PATTERNS[operator]} {place}", (pattern,))
        if operator == "is":
            if text not in _IS or (text != "null" and column.type != "boolean"):
                words = "null, true or false" if column.type == "boolean" else "null"
                raise Problem(400, f"{column.name}: is takes {words}.")
            return Condition(f"{name} {_IS[text]}")
        if operator == "in":
            values = tuple(_value(column, one) for one in _listed(column, text))
            return Condition(f"{name} IN ({', '.join([place] * len(values))})", values)
        raise Problem(
            400,
            f"{column.name}: write {column.name}=operator.value, where the operator is {', '.join(OPERATORS)}, "
            "or one of them after not.",
            at=column.name,
        )


def _place(type_: str) -> str:
    """Where a value stands; one that is compared with decimals keeps all of its digits."""
    return f"CAST(%s AS {'numeric' if decimal_digits(type_) else postgres_type(type_)})"


def _value(column: ColumnEntry, text: str) -> Any:
    try:
        return read_value(column.type, text)
    except UnicodeError:
        raise Problem(400, f"{column.name}: the value is no Unicode text.", at=column.name) from None
    except ValueError as error:
        raise Problem(
            400, f"{column.name}: {text[:60]!r} is no {column.type}; write {error}.", at=column.name
        ) from None


def _listed(column: ColumnEntry, text: str) -> Sequence[str]:
    """The values of `(a,b,"c,d")`."""
    if not (text.startswith("(") and text.endswith(")")):
        raise Problem(400, f"{column.name}: in takes a list in parentheses: in.(1,2,3).", at=column.name)
    inner, position, found = text[1:-1], 0, []
    while True:
        match = _LISTED.match(inner, position)
        assert match is not None  # noqa: S101 - the second alternative takes nothing at the least
        quoted_text, plain = match.groups()
        found.append(plain if quoted_text is None else re.sub(r"\\(.)", r"\1", quoted_text, flags=re.DOTALL))
        position = match.end()
        if position == len(inner):
            break
        if inner[position] != ",":
            raise Problem(400, f'{column.name}: quote values with commas or parentheses: in.("a,b",c).', at=column.name)
        position += 1
    if len(found) > MOST_VALUES:
        raise Problem(400, f"{column.name}: at most {MOST_VALUES:,} values are looked at.", at=column.name)
    return found


def where(conditions: Sequence[Condition]) -> Condition:
    """All conditions as a WHERE clause; nothing where there are none."""
    if not conditions:
        return Condition("")
    found = _all(conditions)
    return Condition(f" WHERE {found.sql}", found.params)


def at_or_after(order: Sequence[Order], values: Sequence[Any]) -> Condition:
    """The rows that stand, in an order, at the place of some values or behind it."""
    options: list[Condition] = []
    equal: list[Condition] = []
    for one, value in zip(order, values, strict=True):
        options.append(_all((*equal, _behind(one, value))))
        name = quoted(one.name)
        same = Condition(f"{name} IS NULL") if value is None else Condition(f"{name} = {_place(one.type)}", (value,))
        equal.append(same)
    options.append(_all(equal))
    params = tuple(value for option in options for value in option.params)
    return Condition("(" + " OR ".join(f"({option.sql})" for option in options) + ")", params)


def _behind(order: Order, value: Any) -> Condition:
    """What stands behind a value: going up nulls are last, so that nothing does behind them; going down first."""
    name, place = quoted(order.name), _place(order.type)
    if value is None:
        return Condition(f"{name} IS NOT NULL" if order.descending else "false")
    if order.descending:
        return Condition(f"{name} < {place}", (value,))
    return Condition(f"({name} > {place} OR {name} IS NULL)", (value,))


def _all(conditions: Sequence[Condition]) -> Condition:
    params = tuple(value for one in conditions for value in one.params)
    return Condition(" AND ".join(one.sql for one in conditions), params)


def base_tables(key: str, tables: Mapping[str, TableEntry], *, copied: bool = False) -> tuple[str, ...]:
    """The tables whose rows an answer from `key` is of: itself, and of a view also what it reads.

    Of a copy it is itself alone: a view is copied as a table.
    """
    if copied:
        return (key,)
    found: dict[str, None] = {}
    pending = [key]
    while pending:
        one = pending.pop()
        if one in found:
            continue
        found[one] = None
        if one in tables and tables[one].kind == "view":
            pending += tables[one].reads
    return tuple(sorted(found))
