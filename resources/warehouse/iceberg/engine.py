"""The engine on Iceberg tables: reads by its transport, and sessions that write one table.

Which transport and which catalogue, `opening` says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.answers import Answer, Extracted
from tributary.resources.warehouse.base import Maintained, Origin, Size, Spending, Update
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.engine import Engine
from tributary.resources.warehouse.iceberg import records, tables
from tributary.resources.warehouse.iceberg.access import Access, asked
from tributary.resources.warehouse.iceberg.maintenance import maintain
from tributary.resources.warehouse.iceberg.reading import answer, arrow, extract, only_query, stored
from tributary.resources.warehouse.iceberg.session import IcebergSession
from tributary.resources.warehouse.iceberg.transport import Transport
from tributary.resources.warehouse.iceberg.turns import Turns
from tributary.resources.warehouse.iceberg.values import bind
from tributary.resources.warehouse.iceberg.views import PUBLICATIONS, published
from tributary.resources.warehouse.spending import Spendings
from tributary.resources.warehouse.table import LAYERS, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog

_TIDY_SECONDS = 3600.0


class TrinoEngine(Engine):
    """A query engine of Trino's SQL over the tables of an Iceberg catalogue.

    Args:
        transport: carries statements to it.
        open_catalogue: opens the catalogue, once.
        turns: the folder in which writers on this machine take turns; None for none.
        spendings: where the transport tells what statements take; None where nobody counts.
    """

    dialect = "athena"
    publications = PUBLICATIONS

    def __init__(
        self,
        transport: Transport,
        open_catalogue: Callable[[], Catalog],
        turns: Path | None = None,
        spendings: Spendings | None = None,
    ) -> None:
        self._spendings = spendings
        self._transport = transport
        self._open_catalogue = open_catalogue
        self._turns = Turns(turns)
        self._tidied = time.monotonic()
        self._prepared = False

    @cached_property
    def _catalogue(self) -> Catalog:
        return self._open_catalogue()

    def rows(
        self, sql: str, params: Sequence[Any], origin: Origin, limit: int | None, seconds: float | None
    ) -> list[dict[str, Any]]:
        with asked(self._transport, bind(only_query(sql), params), origin, seconds=seconds) as result:
            names = [column.name for column in result.columns]
            return [dict(zip(names, row, strict=True)) for row in islice(result.rows, limit)]

    @contextmanager
    def answer(self, sql: str, origin: Origin, limit: int | None) -> Iterator[Answer]:
        with answer(self._transport, sql, origin, limit) as found:
            yield found

    def arrow(self, sql: str, params: Sequence[Any], origin: Origin) -> pa.Table:
        return arrow(self._transport, bind(only_query(sql), params), origin)

    def batches(self, table: Table, origin: Origin) -> Iterator[pa.RecordBatch]:
        found = None if table.kind == "view" else tables.find(self._catalogue, table.key)
        return super().batches(table, origin) if found is None else stored(found, table)

    def sizes(self) -> dict[str, Size]:
        return tables.sizes(self._catalogue, LAYERS)

    def updates(self) -> dict[str, Update]:
        return published(self._catalogue)

    def maintain(self, origin: Origin) -> list[Maintained]:
        return maintain(self._access(None, origin))

    @contextmanager
    def extract(self, table: Table, query: Sql, origin: Origin, seconds: float) -> Iterator[Extracted]:
        with extract(self._access(table, origin), table, query, seconds) as found:
            yield found

    @contextmanager
    def session(self, table: Table, origin: Origin) -> Iterator[IcebergSession]:
        session = IcebergSession(self._access(table, origin), table)
        try:
            yield session
        finally:
            session.end()

    def spent(self, origin: Origin) -> Spending | None:
        return None if self._spendings is None else self._spendings.take(origin)

    def _access(self, table: Table | None, origin: Origin) -> Access:
        return Access(self._transport, self._catalogue, self._turns, origin, table, self._prepare, self._tidy)

    def _prepare(self) -> None:
        """Make the tables of records, once: a look at each takes as long as a small statement."""
        if not self._prepared:
            records.ensure(self._catalogue)
            self._prepared = True

    def _tidy(self) -> None:
        """Take away what killed runs left aside, now and then."""
        if time.monotonic() - self._tidied > _TIDY_SECONDS:
            self._tidied = time.monotonic()
            tables.drop_leftovers(self._catalogue)
