"""Makes the social tables from staged rows in a real warehouse, as a materialisation does, checks included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from graphlib import TopologicalSorter
from typing import Any

import pyarrow as pa
from tests.social.models.rows import Row, Rows

from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.social import tables
from tributary.assets.source import SQL
from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table

_ARROW: Mapping[str, Any] = {"text": pa.string(), "bigint": pa.int64(), "timestamp": pa.timestamp("us")}


@lru_cache(maxsize=1)
def models() -> Mapping[str, SqlModel]:
    """The social models by `schema.table`, each after those that it reads or refers to."""
    folders = ModelFolders.under(SQL)
    found = {model.key: model for path in (SQL / "social").rglob("*.sql") for model in [read_model(path, folders)]}
    needs = {
        key: {other for other in (*model.reads, *model.references) if other in found} for key, model in found.items()
    }
    return {key: found[key] for key in TopologicalSorter(needs).static_order()}


class Network:
    """The social tables of one warehouse."""

    def __init__(self, warehouse: PostgresWarehouse) -> None:
        self._warehouse = warehouse
        self._staged: dict[str, list[Row]] = {}
        warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))

    def load(self, rows: Rows) -> None:
        """Replace what is staged; a table that holds these rows already is left alone, to save time."""
        for table in tables.TABLES:
            if self._staged.get(table.name) != rows[table.name]:
                self._warehouse.replace(table, Batches(batches(table, rows)))
                self._staged[table.name] = rows[table.name]

    def make(self, key: str) -> list[str]:
        """Make one table from what is there; the names of the warnings that its checks gave."""
        model = models()[key]
        report = self._warehouse.replace(model.table, Select(model.statement("postgres")))
        return [result.check.name for result in report.checks if not result.passed]

    def build(self, rows: Rows, *keys: str) -> None:
        """Stage the rows and make these tables with all that they are made from; every check must pass."""
        self.load(rows)
        wanted = _with_upstream(keys or tuple(models()))
        for key in models():
            if key in wanted:
                assert self.make(key) == [], key

    def rows(self, key: str, order: str = "1") -> list[dict[str, Any]]:
        """A table's rows, sorted."""
        return self._warehouse.rows(f"SELECT * FROM {key} ORDER BY {order}")


def _with_upstream(keys: tuple[str, ...]) -> set[str]:
    wanted: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in models() and key not in wanted:
            wanted.add(key)
            waiting += [*models()[key].reads, *models()[key].references]
    return wanted


def batches(table: Table, rows: Rows) -> list[pa.RecordBatch]:
    """The rows of one table as Arrow."""
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in table.columns])
    return [pa.RecordBatch.from_pylist(rows[table.name], schema=schema)]
