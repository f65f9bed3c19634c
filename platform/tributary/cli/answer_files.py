"""Writes answers for programs: CSV as `psql --csv` writes it, and JSON, in UTF-8, row by row."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import BinaryIO

from tributary.resources.warehouse.answers import Answer, AnswerColumn

_QUOTED = re.compile(r'[",\r\n]|^\\\.$')
_NO_NUMBERS = ("NaN", "Infinity", "-Infinity")


def write_csv(answer: Answer, file: BinaryIO) -> None:
    """A header always, then the server's text of each value; a null is empty, and so is an empty text.

    Rows without columns are no lines, as in psql.
    """
    lines = (",".join(map(_field, row)) for row in answer.rows if row)
    _write([",".join(_field(column.name) for column in answer.columns)], file)
    _write(lines, file)


def write_json(answer: Answer, file: BinaryIO) -> None:
    """A list of one object a row.

    Whole numbers and doubles are numbers, booleans true or false, json as it is; everything else is the server's text,
    decimals too, to keep their digits. NaN and the infinities, which JSON lacks, are text. Of columns that share a name
    the second is `name_2`, and so on, since an object holds a key once.
    """
    keys = [json.dumps(name, ensure_ascii=False) for name in unique_names(answer.columns)]
    begun = False
    for row in answer.rows:
        members = zip(keys, answer.columns, row, strict=True)
        text = ", ".join(f"{key}: {_json_value(column, value)}" for key, column, value in members)
        file.write(f"{',' if begun else '['}\n  {{{text}}}".encode())
        begun = True
    file.write(b"\n]\n" if begun else b"[]\n")


def unique_names(columns: Iterable[AnswerColumn]) -> list[str]:
    """The columns' names, with a number after those that were there before."""
    names = [column.name for column in columns]
    found: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in found or (number > 1 and unique in names):
            number += 1
            unique = f"{name}_{number}"
        found.append(unique)
    return found


def _write(lines: Iterable[str], file: BinaryIO) -> None:
    for line in lines:
        file.write(f"{line}\n".encode())


def _field(value: str | None) -> str:
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if _QUOTED.search(value) else value


def _json_value(column: AnswerColumn, value: str | None) -> str:
    if value is None:
        return "null"
    if column.kind == "boolean":
        return "true" if value == "t" else "false"
    if column.kind in ("integer", "json") or (column.kind == "double" and value not in _NO_NUMBERS):
        return value
    return json.dumps(value, ensure_ascii=False)
