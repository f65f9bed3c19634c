"""Asks the project's own reports of tables that a test fills, as a request does: read, bound, run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from tributary.assets.reporting.answers import read_answers
from tributary.assets.reporting.binding import bind
from tributary.assets.sources import get_sources
from tributary.contents import Contents, read_contents
from tributary.resources.warehouse import arrow
from tributary.resources.warehouse.base import Batches
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@lru_cache
def contents() -> Contents:
    """What the project's own sources hold."""
    with tempfile.TemporaryDirectory() as home:
        return read_contents(get_sources(), Path(home))


def fill(warehouse: PostgresWarehouse, key: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Make these the rows of a table; columns that they leave out are null, and nothing is checked."""
    table = replace(contents().tables[key], checks=())
    warehouse.replace(table, Batches(arrow.batches(table, rows)))


def ask(warehouse: PostgresWarehouse, name: str, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that a report gives for what is asked, each with all columns that it declares."""
    asked = contents().reports[name]
    bound = bind(asked, read_answers(asked, raw), "postgres")
    rows = warehouse.rows(bound.sql, bound.values)
    assert all(list(row) == [column.name for column in asked.columns] for row in rows)
    return rows
