"""Makes the meetup tables from staged rows in a real warehouse, as a materialisation does, checks included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any

import pyarrow as pa
from tests.meetup.models.rows import Row, Rows

from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.meetup import tables, words
from tributary.assets.meetup.tables import TITLE_WORDS
from tributary.assets.source import SQL
from tributary.resources.warehouse.base import NOBODY, Batches, Select
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Range

_ARROW: Mapping[str, Any] = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(12,2)": pa.decimal128(12, 2),
}

ALL_DAYS = (date(2008, 1, 1), date(2036, 1, 1))
"""Every day that a test has events on, and that the calendar has."""


@lru_cache(maxsize=1)
def models() -> Mapping[str, SqlModel]:
    """The meetup models by `schema.table`, each after those that it reads or refers to."""
    folders = ModelFolders.under(SQL)
    read = [read_model(path, folders) for path in (SQL / "meetup").rglob("*.sql")]
    # Reports are made for requests, not with the tables that they read.
    found = {model.key: model for model in read if model.asked is None}
    needs = {key: {other for other in _needs(model) if other in found} for key, model in found.items()}
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}


def _needs(model: SqlModel) -> set[str]:
    """What must be there before the model, what the words are made from included."""
    words_too = words._DEPENDENCIES if TITLE_WORDS.key in model.reads else ()
    return {*model.reads, *model.references, *words_too}


class Meetup:
    """The meetup tables of one warehouse."""

    def __init__(self, warehouse: PostgresWarehouse) -> None:
        self.warehouse = warehouse
        self._staged: dict[str, list[Row]] = {}
        warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))

    def load(self, rows: Rows) -> None:
        """Replace what is staged; a table that holds these rows already is left alone, to save time."""
        for table in tables.TABLES:
            if self._staged.get(table.name) != rows[table.name]:
                read = Reckoning(len(rows[table.name]))
                self.warehouse.replace(table, Batches(_batches(table, rows), lambda told=read: told))
                self._staged[table.name] = rows[table.name]

    def make(self, key: str, *days: date) -> list[str]:
        """Make one table, or its rows from the first of `days` to before the second; the names of its warnings."""
        model = models()[key]
        window = Range(model.window.column, *days) if model.window and days else None
        report = self.warehouse.replace(model.table, Select(model.statement("postgres")), window=window)
        return [result.check.name for result in report.checks if not result.passed]

    def make_words(self) -> None:
        """Make the table of words; the fact and the events must be there."""
        self.warehouse.replace(TITLE_WORDS, words._make(self.warehouse, NOBODY).source)

    def build(self, rows: Rows, *keys: str) -> None:
        """Stage the rows and make these tables (or all) with what they are made from; no check may even warn."""
        self.load(rows)
        wanted = _with_upstream(keys or tuple(models()))
        for key in models():
            if key in wanted:
                window = ALL_DAYS if models()[key].window else ()
                if TITLE_WORDS.key in models()[key].reads:
                    self.make_words()
                assert self.make(key, *window) == [], key

    def rows(self, key: str, order: str = "1") -> list[dict[str, Any]]:
        """A table's rows, sorted."""
        return self.warehouse.rows(f"SELECT * FROM {key} ORDER BY {order}")


def _with_upstream(keys: tuple[str, ...]) -> set[str]:
    wanted: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in models() and key not in wanted:
            wanted.add(key)
            waiting += _needs(models()[key])
    return wanted


def _batches(table: Table, rows: Rows) -> list[pa.RecordBatch]:
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])
    return [pa.RecordBatch.from_pylist(rows[table.name], schema=schema)]
