"""The rows that a window owns, those of a key that stay, and SELECTs cast to declared types, in Trino's SQL."""

from __future__ import annotations

from collections.abc import Sequence

from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.iceberg.lists import Lists, is_long
from tributary.resources.warehouse.iceberg.types import sql_type
from tributary.resources.warehouse.iceberg.values import bind
from tributary.resources.warehouse.table import Deduplication, Table, quoted
from tributary.resources.warehouse.windows import Keys, Range, SourceObjects, Window

_NOTHING = Sql("false")


def owned(table: Table, window: Window, lists: Lists | None = None) -> Sql:
    """The condition that is true for the rows that a window of the table owns; what is long of it goes to `lists`."""
    if lists is not None and not isinstance(window, Range):
        columns, texts = _values(window)
        if is_long(texts):
            types = [sql_type(table.column(name).type) for name in columns]
            return Sql(lists.condition([quoted(name) for name in columns], types, texts))
    if isinstance(window, Keys):
        if not window.values:
            return _NOTHING
        types = [sql_type(table.column(name).type) for name in window.columns]
        one = f"({', '.join(f'CAST(%s AS {type_})' for type_ in types)})"
        names = ", ".join(quoted(name) for name in window.columns)
        values = [str(value) for key in window.values for value in key]
        return Sql(f"({names}) IN ({', '.join([one] * len(window.values))})", values)
    column = quoted(window.column)
    if isinstance(window, Range):
        return Sql(f"{column} >= %s AND {column} < %s", (window.start, window.end))
    if not window.names:
        return _NOTHING
    return Sql(f"{column} IN ({', '.join(['%s'] * len(window.names))})", tuple(window.names))


def _values(window: Keys | SourceObjects) -> tuple[Sequence[str], list[list[str]]]:
    """The columns of a window, and the texts that they have together."""
    if isinstance(window, Keys):
        return window.columns, [[str(value) for value in key] for key in window.values]
    return (window.column,), [[name] for name in window.names]


def bound(sql: Sql) -> str:
    """A condition with its values in it."""
    return bind(sql.text, sql.params)


def typed(table: Table, select: str, condition: str = "") -> str:
    """The SELECT with each column cast to its declared type; of its rows, those that a condition leaves."""
    columns = ", ".join(
        f"CAST({quoted(one.name)} AS {sql_type(one.type)}) AS {quoted(one.name)}" for one in table.columns
    )
    text = f"SELECT {columns} FROM (\n{select}\n) AS q"
    return f"SELECT * FROM ({text}) AS t WHERE {condition}" if condition else text


def listed(names: Sequence[str], alias: str = "") -> str:
    """Quoted names, with commas between."""
    return ", ".join(f"{alias}{quoted(name)}" for name in names)


def first_of_each(rule: Deduplication, relation: str, names: Sequence[str]) -> str:
    """The first row of each key; rows with a null in their key share it with none. In the order nulls come last."""
    order = ", ".join(f"{quoted(name)} NULLS LAST" for name in rule.order)
    nulls = " OR ".join(f"{quoted(name)} IS NULL" for name in rule.key)
    place = f"row_number() OVER (PARTITION BY {listed(rule.key)} ORDER BY {order}) AS place_"
    ranked = f"SELECT *, {place} FROM {relation}"
    return f"SELECT {listed(names)} FROM ({ranked}) AS r WHERE place_ = 1 OR {nulls}"


def same_key(rule: Deduplication, one: str, other: str) -> str:
    """The condition that two rows share a key."""
    return " AND ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in rule.key)


def not_later(rule: Deduplication, one: str, other: str) -> str:
    """The condition that one row is before another by the order, or not told apart from it; nulls come last."""
    text = "true"
    for name in reversed(rule.order):
        a, b = f"{one}.{quoted(name)}", f"{other}.{quoted(name)}"
        # Either is known to be before; or both are alike, and the rest of the order tells.
        before = f"({a} IS NOT NULL AND ({b} IS NULL OR {a} < {b}))"
        text = f"({before} OR ({a} IS NOT DISTINCT FROM {b} AND {text}))"
    return f"coalesce({text}, false)"
