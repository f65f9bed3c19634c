"""Rows as test files write them, as values of the types that tables declare."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, read_csv
from pydantic import BeforeValidator

from tributary.assets.factory.parameters.values import NotAValue, Value, read_value
from tributary.resources.errors import nearest

Cell = Any
"""What stands for a value: what YAML made of it, or a field of CSV."""


def _records(raw: object) -> list[dict[str, Cell]]:
    if isinstance(raw, str):
        return _of_csv(raw)
    if isinstance(raw, list) and all(isinstance(one, dict) for one in raw):
        return [{str(name): cell for name, cell in one.items()} for one in raw]
    raise ValueError("must be rows: CSV below its header, in a block that begins with |, or a list of mappings")


Records = Annotated[list[dict[str, Cell]], BeforeValidator(_records)]
"""Rows by column. In CSV an empty field is null, and a quoted one, `""`, the empty text."""


class RowProblem(Exception):
    """What is wrong with a row: `row` counts from 0, and `column` may be empty."""

    def __init__(self, row: int, column: str, problem: str) -> None:
        super().__init__(problem)
        self.row, self.column, self.problem = row, column, problem


def typed(records: Sequence[Mapping[str, Cell]], columns: Mapping[str, str]) -> list[dict[str, Value | None]]:
    """The rows with the values of their columns' portable types; what a row leaves out stays out.

    Raises:
        RowProblem: a column is unknown, or a value is none of its type.
    """
    found = []
    for number, record in enumerate(records):
        row: dict[str, Value | None] = {}
        for name, cell in record.items():
            if name not in columns:
                raise RowProblem(number, name, f"there is no column {name}{nearest(name, columns)}")
            try:
                row[name] = _value(columns[name], cell)
            except NotAValue as error:
                raise RowProblem(number, name, f"{name} {error}; it is {cell!r}.") from None
        found.append(row)
    return found


def _value(kind: str, cell: Cell) -> Value | None:
    if cell is None:
        return None
    if kind != "text":
        return read_value(kind, cell)
    if not isinstance(cell, str):
        raise NotAValue("must be text; quote it")
    return cell


def _of_csv(text: str) -> list[dict[str, Cell]]:
    names = next(csv.reader(io.StringIO(text)), [])
    if not names or "" in names or len(set(names)) < len(names):
        raise ValueError("must begin with a line that names each column once")
    try:
        found = read_csv(
            io.BytesIO(text.encode()),
            parse_options=ParseOptions(newlines_in_values=True),
            convert_options=ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"are no CSV: {str(error).removeprefix('CSV parse error: ')}") from None
    records: list[dict[str, Cell]] = found.to_pylist()
    return records
