"""How many rows each partition of a run has, and how Dagster is told: each partition its own, in one go.

How many rows the whole table has is the write's to report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice

from tributary.resources.warehouse.base import NOBODY, Origin
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range

PARTITION_ROWS = "dagster/partition_row_count"
"""Dagster's own name for the rows of one partition; `dagster/row_count` is the whole table's."""

_MOST_NAMES = 10_000


def rows_in_range(
    warehouse: Warehouse, table: Table, window: Range, unit: str, form: str, origin: Origin = NOBODY
) -> Mapping[str, int]:
    """The rows of each partition of a range, by its key: `form` written of each `unit` (hour, day or month)."""
    column = quoted(window.column)
    found = warehouse.rows(
        f"SELECT date_trunc('{unit}', CAST({column} AS timestamp)) AS part, count(*) AS n FROM {table.sql_name} "
        f"WHERE {column} >= %s AND {column} < %s GROUP BY 1",
        (window.start, window.end),
        origin=origin,
    )
    return {_key(row["part"], form): row["n"] for row in found}


def rows_of_sources(
    warehouse: Warehouse,
    table: Table,
    column: str,
    names: Collection[str],
    key_of: Callable[[str], str | None],
    origin: Origin = NOBODY,
) -> Mapping[str, int]:
    """The rows of each partition whose sources are `names`; `key_of` gives a source's partition key."""
    counts: dict[str, int] = {}
    left = iter(names)
    while some := list(islice(left, _MOST_NAMES)):
        found = warehouse.rows(
            f"SELECT {quoted(column)} AS name, count(*) AS n FROM {table.sql_name} "
            f"WHERE {quoted(column)} IN ({', '.join(['%s'] * len(some))}) GROUP BY 1",
            some,
            origin=origin,
        )
        for row in found:
            key = key_of(row["name"])
            if key is not None:
                counts[key] = counts.get(key, 0) + row["n"]
    return counts


def row_counts(names: Sequence[str], rows: Mapping[str, int]) -> Mapping[str, Mapping[str, int]]:
    """What each partition tells of its rows; one that has none tells so."""
    return {name: {PARTITION_ROWS: rows.get(name, 0)} for name in names}


def _key(start: datetime, form: str) -> str:
    return start.strftime(form)
