"""Reads a source object that is a delimited file into an Arrow table, for sources that drop many of them.

How records are read, and what fits a column, is as for the one file that is loaded whole
(`resources.warehouse.delimited`); what else makes a record unfit, a source says column by column, through `reject`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tributary.assets.factory.reading import Content
from tributary.resources.warehouse.arrow import arrow_type
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.delimited.contract import SOURCE_LINE, FileContract
from tributary.resources.warehouse.delimited.scan import Reject, Scanner, raw_records
from tributary.resources.warehouse.errors import ContractError

_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r"}


class DelimitedObject:
    """An object as it was read: `table` has the columns of the contract and `source_line`, of the records that fit.

    Args:
        contract: its columns; without derived ones, rules and a key, which only a file that is loaded whole can have.
        name: what the object is called.
        data: all of it.

    Raises:
        SourceFileError: it cannot be read as the contract says.
        ContractError: the contract says more than columns.
    """

    def __init__(self, contract: FileContract, name: str, data: bytes) -> None:
        if contract.derived or contract.rules or contract.key:
            raise ContractError(
                f"{name}: of a file among many a contract says the columns alone; say the rest in code."
            )
        self._contract, self._name, self._data = contract, name, data
        scanner = Scanner(contract, name, [data], may_be_empty=True)
        blocks = list(scanner.blocks())
        lines = data.count(b"\n") + (not data.endswith(b"\n"))
        self._records = lines - 1 - scanner.more_lines
        self._misfits: list[Reject] = [reject for block in blocks for reject in block.rejects]
        sent = b"".join(block.data for block in blocks)
        table = _texts(sent, scanner.header, contract.delimiter)
        numbers = pa.array(chain.from_iterable(block.numbers for block in blocks), pa.int64())
        self.table = table.append_column(SOURCE_LINE, numbers)
        for column in contract.columns:
            self._give_type(column.name, column.source, column.type)

    def reject(self, unfit: pa.ChunkedArray, reason: str) -> None:
        """Set aside the records for which `unfit` is true; null is as good as true."""
        unfit = pc.fill_null(unfit, True)
        numbers = self.table[SOURCE_LINE].filter(unfit).to_pylist()
        if numbers:
            self._misfits += [Reject(number, b"", reason) for number in numbers]
            self.table = self.table.filter(pc.invert(unfit))

    def put(self, name: str, values: pa.ChunkedArray) -> None:
        """Give a column other values, or add one."""
        place = self.table.schema.get_field_index(name)
        add = self.table.append_column if place < 0 else lambda *one: self.table.set_column(place, *one)
        self.table = add(name, values)

    def content(self) -> Content:
        """The rows, and what was set aside."""
        if not self._misfits:
            return Content(self.table, self._records)
        lost = {one.line for one in self._misfits if not one.raw}
        raw = raw_records(self._contract, self._name, [self._data], lost) if lost else {}
        offsets = [0]
        for line in self._data.split(b"\n"):
            offsets.append(offsets[-1] + len(line) + 1)
        misfits = [
            Rejected(one.line, offsets[one.line - 1], one.raw or raw.get(one.line, b""), one.reason)
            for one in sorted(self._misfits)
        ]
        return Content(self.table, self._records, misfits)

    def _give_type(self, name: str, source: str, type_: str) -> None:
        texts = self.table[name]
        if type_ in ("date", "timestamp"):
            # The scanner passes days that no month has.
            wrong = [one for one in pc.unique(texts).to_pylist() if one is not None and not _is_moment(one)]
            if wrong:
                self.reject(pc.is_in(texts, pa.array(wrong)), f"{source} is not a valid {type_}")
                texts = self.table[name]
        if type_ == "boolean":
            texts = pc.if_else(pc.is_null(texts), None, pc.is_in(pc.utf8_lower(texts), pa.array(["true", "t", "1"])))
        self.put(name, texts.cast(arrow_type(type_)))


def _texts(sent: bytes, names: Sequence[str], delimiter: str) -> pa.Table:
    """The fields of lines in COPY's text format, as texts; an empty one is null."""
    types = dict.fromkeys(names, pa.string())
    if not sent:
        return pa.schema(list(types.items())).empty_table()
    if b"\\" in sent:
        return _escaped_texts(sent, names, delimiter.encode())
    return pyarrow.csv.read_csv(
        io.BytesIO(sent),
        pyarrow.csv.ReadOptions(column_names=list(names), use_threads=False, block_size=len(sent) + 1),
        pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        pyarrow.csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True),
    )


def _escaped_texts(sent: bytes, names: Sequence[str], delimiter: bytes) -> pa.Table:
    ends = re.compile(rb"(?:[^\\" + re.escape(delimiter) + rb"]|\\.)*", re.DOTALL)
    rows: list[list[str | None]] = []
    for line in sent.split(b"\n")[:-1]:
        fields, at = [], 0
        while at <= len(line):
            found = ends.match(line, at)
            assert found is not None  # noqa: S101 - it matches nothing, too
            text = _ESCAPED.sub(lambda one: _ESCAPES.get(one[1], one[1]), found[0]).decode()
            fields.append(text or None)
            at = found.end() + 1
        rows.append(fields)
    columns = {name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)}
    return pa.table(columns)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
