"""The records of a delimited file as Arrow, of their declared types.

A value that is none of its type sets its record aside. What a record is and which texts fit is the scanner's matter;
rules and derived columns are the engine's.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from tributary.resources.warehouse.arrow import arrow_type
from tributary.resources.warehouse.base import Delimited
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, FileColumn
from tributary.resources.warehouse.delimited.scan import Block, Reject, Scanner
from tributary.resources.warehouse.prefetch import prefetch
from tributary.resources.warehouse.types import decimal_digits

_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class DelimitedRows:
    """One pass over a file: iterate `batches` once; `rejects`, `records` and `more_lines` are then what came of it."""

    def __init__(self, source: Delimited) -> None:
        self.rejects: list[Reject] = []
        self._scanner = Scanner(source.contract, source.name, source.open())
        columns = {column.name: column for column in source.contract.columns}
        self._columns = [columns[name] for name in self._scanner.header]
        self._delimiter = source.contract.delimiter.encode()
        names = [column.name for column in source.contract.columns]
        self._names = [*names, SOURCE_LINE]

    @property
    def records(self) -> int:
        """How many records were read."""
        return self._scanner.records

    @property
    def more_lines(self) -> int:
        """Lines that no record begins in."""
        return self._scanner.more_lines

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The records that fit, with the line of each; columns are the contract's, in its order."""
        with closing(prefetch(self._scanner.blocks())) as blocks:
            for block in blocks:
                self.rejects += block.rejects
                if block.numbers:
                    yield self._typed(block)

    def _typed(self, block: Block) -> pa.RecordBatch:
        texts = self._texts(block.data)
        lines = pa.array(block.numbers, pa.int64())
        arrays: dict[str, pa.Array] = {SOURCE_LINE: lines}
        bad: dict[int, tuple[FileColumn, str]] = {}
        for column, text in zip(self._columns, texts, strict=True):
            arrays[column.name] = _cast(text, column, bad)
        batch = pa.RecordBatch.from_arrays([arrays[name] for name in self._names], names=self._names)
        if not bad:
            return batch
        raws = block.raws()
        for at, (column, value) in sorted(bad.items()):
            self.rejects.append(
                Reject(block.numbers[at], raws[at], f"{column.source} is not a valid {column.type}", f'"{value}"')
            )
        keep = pa.array([at not in bad for at in range(len(lines))])
        return batch.filter(keep)

    def _texts(self, data: bytes) -> list[pa.Array]:
        count = len(self._columns)
        if b"\\" not in data and count > 1:
            names = [str(place) for place in range(count)]
            table = pv.read_csv(
                io.BytesIO(data),
                pv.ReadOptions(column_names=names, use_threads=False),
                pv.ParseOptions(delimiter=self._delimiter.decode(), quote_char=False, escape_char=False),
                pv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
                ),
            )
            return [column.combine_chunks() for column in table.columns]
        split = re.compile(rb"(?:[^\\" + re.escape(self._delimiter) + rb"]|\\.)*", re.DOTALL)
        columns: list[list[str | None]] = [[] for _ in range(count)]
        for line in data.split(b"\n")[:-1]:
            for values, field in zip(columns, _fields(line, split), strict=True):
                values.append(field.decode() or None)
        return [pa.array(values, pa.string()) for values in columns]


def _fields(line: bytes, split: re.Pattern[bytes]) -> Iterator[bytes]:
    at = 0
    while True:
        match = split.match(line, at)
        assert match is not None  # noqa: S101 - it matches nothing, too
        yield _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), match[0])
        if match.end() == len(line):
            return
        at = match.end() + 1


def _cast(texts: pa.Array, column: FileColumn, bad: dict[int, tuple[FileColumn, str]]) -> pa.Array:
    """The values; of a text that is none, null, and its place in `bad`."""
    type_ = arrow_type(column.type)
    if column.type == "text":
        return texts
    try:
        return pc.cast(texts, type_)
    except pa.ArrowInvalid:
        # One by one, as only few are written in a way that Arrow does not read, or are days that no month has.
        return pa.array(_values(texts.to_pylist(), column, bad), type_)


def _values(texts: Sequence[str | None], column: FileColumn, bad: dict[int, tuple[FileColumn, str]]) -> Iterator[Any]:
    read = _reader(column.type)
    for at, text in enumerate(texts):
        try:
            yield None if text is None else read(text)
        except ValueError:
            bad.setdefault(at, (column, text or ""))
            yield None


def _reader(type_: str) -> Callable[[str], Any]:
    digits = decimal_digits(type_)
    if digits is not None:
        return lambda text: round(Decimal(text), digits[1])
    readers: dict[str, Callable[[str], Any]] = {
        "integer": int,
        "bigint": int,
        "double": float,
        "boolean": lambda text: text.lower() in ("true", "t", "1"),
        "date": date.fromisoformat,
        "timestamp": datetime.fromisoformat,
    }
    return readers[type_]
