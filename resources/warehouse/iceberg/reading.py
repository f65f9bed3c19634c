"""Reads: one query and nothing else, as Arrow, as the engine words it, or as the rows of a declared table."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from tributary.resources.warehouse.answers import Answer, AnswerColumn, Extracted, Kind
from tributary.resources.warehouse.audit import ask, audit
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.checks import Sql
from tributary.resources.warehouse.errors import TimeLimitError
from tributary.resources.warehouse.iceberg import tables
from tributary.resources.warehouse.iceberg.access import Access, asked, refusals
from tributary.resources.warehouse.iceberg.transport import Transport
from tributary.resources.warehouse.iceberg.values import bind
from tributary.resources.warehouse.iceberg.windows import typed
from tributary.resources.warehouse.statements import read_statement
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.table import Table as IcebergTable

CHUNK = 20_000
_KINDS: dict[str, Kind] = {
    "boolean": "boolean",
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), "integer"),
    **dict.fromkeys(("real", "double"), "double"),
    "json": "json",
}


def only_query(sql: str) -> str:
    """The text of one query, without its semicolon. What begins as a query can do nothing else in Trino.

    Raises:
        UsageError, WarehouseError: it is none.
    """
    text, statement = sql, read_statement(sql)
    return text[: text.rindex(statement.text) + len(statement.text)]


@contextmanager
def answer(transport: Transport, sql: str, origin: Origin, limit: int | None) -> Iterator[Answer]:
    """The answer to one query, in the engine's words.

    Raises:
        UsageError: the text is no single statement.
        WarehouseError: the engine refused it.
    """
    with asked(transport, only_query(sql), origin, worded=True) as result:
        columns = tuple(
            AnswerColumn(one.name, "decimal" if one.type.startswith("decimal") else _KINDS.get(one.type, "text"))
            for one in result.columns
        )
        yield Answer(columns, (tuple(map(_word, row)) for row in islice(result.rows, limit)))


def arrow(transport: Transport, sql: str, origin: Origin) -> pa.Table:
    """The rows of a query."""
    import pyarrow as pa

    from tributary.resources.warehouse.iceberg.types import arrow_array, arrow_of

    with refusals(transport, origin):
        found = transport.bulk(sql, origin)
    if found is not None:
        return found
    with asked(transport, sql, origin) as result:
        schema = pa.schema([(one.name, arrow_of(one.type)) for one in result.columns])
        batches = []
        while some := list(islice(result.rows, CHUNK)):
            columns = zip(*some, strict=True)
            arrays = [arrow_array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return pa.Table.from_batches(batches, schema)


def stored(found: IcebergTable, table: Table) -> Iterator[pa.RecordBatch]:
    """The rows of one snapshot, read from the files that it names: the engine has no part in it, and costs nothing."""
    from tributary.resources.warehouse.arrow import arrow_schema

    schema = arrow_schema(table)
    if found.current_snapshot() is None:
        return
    for batch in found.scan(selected_fields=table.column_names).to_arrow_batch_reader():
        yield batch.select(table.column_names).cast(schema)


@contextmanager
def extract(access: Access, table: Table, query: Sql, seconds: float) -> Iterator[Extracted]:
    """The rows of a query, and what the table's checks find of these very rows: they are kept aside for as long.

    Raises:
        ChecksFailed: a blocking check failed.
        TimeLimitError: it took longer; walking the rows raises it too.
    """
    from pyiceberg.partitioning import PartitionSpec

    from tributary.resources.warehouse.iceberg.types import iceberg_schema

    timed = _Timed(access, table, time.monotonic() + seconds, seconds)
    where = tables.new_location(access.catalogue, table)
    aside = tables.make_aside(access.catalogue, where, iceberg_schema(table.columns), PartitionSpec())
    try:
        text = query.text if query.params else query.text.replace("%%", "%")
        timed.rows(f"INSERT INTO {aside.relation} {typed(table, bind(text, query.params))}")
        checks = audit(timed, aside.relation)[1] if table.checks else ()

        def summary(columns: str, rest: str) -> list[dict[str, Any]]:
            return ask(timed, Sql(f"SELECT {columns} FROM {aside.relation} AS rows {rest}".replace("%", "%%")))

        yield Extracted(timed.batches(aside), checks, summary)
    finally:
        tables.destroy(access.catalogue, aside)


@dataclass(frozen=True)
class _Timed:
    access: Access
    table: Table
    deadline: float
    seconds: float

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
        access = self.access
        with asked(access.transport, bind(sql, params), access.origin, self.table, seconds=self._left()) as result:
            names = [column.name for column in result.columns]
            return [dict(zip(names, row, strict=True)) for row in result.rows]

    def batches(self, aside: tables.Aside) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        from tributary.resources.warehouse.arrow import arrow_schema

        schema = arrow_schema(self.table)
        for batch in aside.table.refresh().scan().to_arrow_batch_reader():
            self._left()
            yield from pa.Table.from_batches([batch]).cast(schema).to_batches()

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeLimitError(
                f"{self.table.key} was ended, as it took longer than {self.seconds:g} s: ask for less, or let it take "
                "longer."
            )
        return left


def _word(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
