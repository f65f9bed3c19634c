"""Columns whose values stand in JSON records: where, and as what they are read. Nothing is rounded or guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tributary.assets.factory.reading import Content, DoesNotFit, Row, json_object, read_lines, refuse_cut
from tributary.resources.warehouse.table import Column
from tributary.resources.warehouse.types import decimal_digits

# No text of Postgres holds U+0000, and no UTF-8 half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_BOUNDS = {"integer": 2**31, "bigint": 2**63}


@dataclass(frozen=True)
class Field(Column):
    """A column whose value stands in a JSON record under `path`, names with dots between; by default its own name.

    A record that lacks what is `required` does not fit; null is as good as missing.
    """

    path: str = ""
    required: bool = False


def path_of(column: Column) -> str:
    """Where a column's value stands in a record."""
    return (column.path if isinstance(column, Field) else "") or column.name


def read_fields(columns: Sequence[Column], record: Mapping[str, Any]) -> Row:
    """The typed values of a record: numbers as such, times as ISO 8601 with an offset, days and decimals as texts too.

    Raises:
        DoesNotFit: a value is of another type than its column, or a required one is missing.
    """
    row: Row = {}
    for column in columns:
        path = path_of(column)
        found: Any = record
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            if isinstance(column, Field) and column.required:
                raise DoesNotFit(f"its {path} is missing")
            continue
        try:
            row[column.name] = _reader(column.type)(found, column.type)
        except (ValueError, OverflowError, InvalidOperation):
            raise DoesNotFit(f"its {path} is no {column.type}") from None
    return row


def read_json_lines(columns: Sequence[Column], data: bytes) -> Content:
    """The content of an object of JSON records, one a line with a newline behind it.

    Raises:
        NotWhole: the last line has none.
    """
    refuse_cut(data)
    return read_lines(data, lambda line, _: [read_fields(columns, json_object(line))])


def _reader(kind: str) -> Callable[[Any, str], Any]:
    return _READERS.get(kind, _decimal)


def _boolean(found: Any, _: str) -> bool:
    if type(found) is not bool:
        raise ValueError
    return found


def _whole(found: Any, kind: str) -> int:
    bound = _BOUNDS[kind]
    if type(found) is not int or not -bound <= found < bound:
        raise ValueError
    return found


def _double(found: Any, _: str) -> float:
    if type(found) not in (int, float) or not math.isfinite(found):
        raise ValueError
    return float(found)


def _text(found: Any, _: str) -> str:
    if type(found) is not str or _UNFIT.search(found):
        raise ValueError
    return found


def _decimal(found: Any, kind: str) -> Decimal:
    digits = decimal_digits(kind)
    if digits is None or type(found) not in (int, float, str):
        raise ValueError
    precision, scale = digits
    value = Decimal(str(found))
    if not value.is_finite() or value != value.quantize(Decimal(1).scaleb(-scale)):
        raise ValueError
    if abs(value) >= Decimal(10) ** (precision - scale):
        raise ValueError
    return value


def _date(found: Any, _: str) -> date:
    return date.fromisoformat(_text(found, ""))


def _timestamp(found: Any, _: str) -> datetime:
    moment = datetime.fromisoformat(_text(found, ""))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC).replace(tzinfo=None)


_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "boolean": _boolean,
    "integer": _whole,
    "bigint": _whole,
    "double": _double,
    "text": _text,
    "date": _date,
    "timestamp": _timestamp,
}
