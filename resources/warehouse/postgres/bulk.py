"""Arrow in and out of Postgres at bulk speed: COPY in CSV, written and read by pyarrow."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pc

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted

_ARROW_TYPES = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "text": pa.string(),
    "varchar": pa.string(),
    "name": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


def copy_batches(session: Session, table: Table, batches: Iterator[pa.RecordBatch], part: str) -> str:
    """Write record batches into `part`; a digest of the rows, in their order, and of their declaration.

    Raises:
        WarehouseError: the batches do not have the table's columns.
    """
    names = ", ".join(quoted(name) for name in table.column_names)
    options = pc.WriteOptions(include_header=False, quoting_style="needed")
    digest = hashlib.blake2b(repr((table.undocumented, table.deduplicate)).encode(), digest_size=20)
    with session.copy_in(f"COPY {part_sql(part)} ({names}) FROM STDIN WITH (FORMAT csv)") as copy:
        for batch in batches:
            if set(batch.schema.names) != set(table.column_names):
                raise WarehouseError(
                    f"{table.key} was given the columns {', '.join(batch.schema.names)}; "
                    f"it declares {', '.join(table.column_names)}."
                )
            buffer = io.BytesIO()
            pc.write_csv(batch.select(list(table.column_names)), buffer, options)
            digest.update(buffer.getbuffer())
            copy.write(buffer.getbuffer())
    return digest.hexdigest()


@contextmanager
def open_arrow(session: Session, query: str, params: Sequence[Any] = ()) -> Iterator[pa.RecordBatchReader]:
    """The rows of a query as record batches, read as they are walked, in the session's transaction.

    Each placeholder of `params` stands where a cast gives it its type: `cast(%s as bigint)`. COPY takes no parameters,
    so the values are bound to settings of the transaction, which the query reads in their places.

    Raises:
        WarehouseError: a column has a type with no Arrow counterpart here; cast it in the query.
    """
    if params:
        query = _with_settings(session, query, params)
    with _copied(session, query) as (stream, schema, how):
        if stream.peek(1):
            yield pc.open_csv(stream, *how)
        else:
            yield pa.RecordBatchReader.from_batches(schema, [])


def read_arrow(session: Session, query: str) -> pa.Table:
    """The rows of a query whose values are already bound, as one Arrow table; `open_arrow` says what it raises."""
    with _copied(session, query) as (stream, schema, how):
        return pc.read_csv(stream, *how) if stream.peek(1) else schema.empty_table()


@contextmanager
def _copied(session: Session, query: str) -> Iterator[tuple[io.BufferedReader, pa.Schema, tuple[Any, ...]]]:
    """What COPY writes of a query's rows, their schema, and how pyarrow is to read it."""
    columns = _describe(session, query)
    texts = [f'"{name}"' for name, type_ in columns.items() if pa.types.is_string(type_)]
    # Quoting every text tells an empty string from a null.
    force = f", FORCE_QUOTE ({', '.join(texts)})" if texts else ""
    read = pc.ReadOptions(column_names=list(columns), block_size=1 << 22)
    convert = pc.ConvertOptions(
        column_types=columns,
        null_values=[""],
        true_values=["t"],
        false_values=["f"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        timestamp_parsers=["%Y-%m-%d %H:%M:%S", pc.ISO8601],
    )
    how = (read, pc.ParseOptions(newlines_in_values=True), convert)
    with session.copy_in(f"COPY ({query}) TO STDOUT WITH (FORMAT csv{force})") as copy:
        yield io.BufferedReader(_CopyReader(iter(copy)), buffer_size=1 << 20), pa.schema(list(columns.items())), how


def _with_settings(session: Session, query: str, params: Sequence[Any]) -> str:
    """The query with settings of the transaction, which hold the values, in the places of its placeholders."""
    pieces = [piece.replace("%%", "%") for piece in query.split("%s")]
    places = []
    for number, value in enumerate(params):
        if value is None:
            places.append("NULL")
            continue
        name = f"tributary.value_{number}"
        session.execute("SELECT set_config(%s, %s, true)", (name, _text(value)))
        places.append(f"current_setting('{name}')")
    return "".join(chain.from_iterable(zip_longest(pieces, places, fillvalue="")))


def _text(value: Any) -> str:
    """A value as Postgres reads it."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _describe(session: Session, query: str) -> dict[str, pa.DataType]:
    cursor = session.execute(f"SELECT * FROM ({query}) AS q LIMIT 0")
    columns: dict[str, pa.DataType] = {}
    for column in cursor.description or ():
        columns[column.name] = _arrow_type(column)
    return columns


def _arrow_type(column: psycopg.Column) -> pa.DataType:
    info = psycopg.adapters.types.get(column.type_code)
    name = info.name if info else str(column.type_code)
    if name == "numeric" and column.precision is not None:
        return pa.decimal128(column.precision, column.scale or 0)
    if name not in _ARROW_TYPES:
        raise WarehouseError(f"Column {column.name} has the type {name}, which cannot be read in bulk; cast it.")
    return _ARROW_TYPES[name]


class _CopyReader(io.RawIOBase):
    """A COPY's output as a file."""

    def __init__(self, chunks: Iterator[Any]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
