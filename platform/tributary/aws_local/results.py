"""Answers as Athena words them: the text of each value, the description of columns, and the CSV object in S3.

Of a timestamp three digits of the second are left, whatever it holds; a null is a missing value, in CSV an empty one
without quotes.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Row = Sequence[str | None]

_BEYOND_MILLISECONDS = re.compile(r"(\.\d{3})\d+")
_NAME = re.compile(r"^(?P<name>[a-z]+(?: with time zone)?)(?:\((?P<arguments>[\d,\s]+)\))?(?P<zone> with time zone)?")
_LONGEST = 2_147_483_647
_PRECISION = {"varchar": _LONGEST, "integer": 10, "bigint": 19, "double": 17, "real": 9, "timestamp": 3}
_PLAIN_FROM, _PLAIN_BELOW = -3, 7


@dataclass(frozen=True)
class Column:
    """A column of an answer; `type` is Trino's name of its type."""

    name: str
    type: str

    def described(self) -> dict[str, Any]:
        """As GetQueryResults describes it."""
        found = _NAME.match(self.type)
        name = f"{found['name']}{found['zone'] or ''}" if found else self.type
        numbers = [int(part) for part in (found["arguments"] or "").split(",") if part] if found else []
        is_decimal = name == "decimal"
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": {"real": "float"}.get(name, name),
            "Precision": numbers[0] if is_decimal else _PRECISION.get(name, 0),
            "Scale": numbers[1] if is_decimal else 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": name == "varchar",
        }


def worded(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> list[Row]:
    """Rows of Trino's protocol in Athena's words."""
    types = [column.type for column in columns]
    return [[_text(value, kind) for value, kind in zip(row, types, strict=True)] for row in rows]


def csv(columns: Sequence[Column], rows: Iterable[Row]) -> bytes:
    """The object of an answer: all values in quotes, a null without."""
    lines = [[column.name for column in columns], *rows]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, list):
        return f"[{', '.join(_text(part, '') or 'null' for part in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_text(part, '') or 'null'}" for key, part in value.items()) + "}"
    if kind.startswith("timestamp"):
        return _BEYOND_MILLISECONDS.sub(r"\1", str(value))
    if kind == "varbinary":
        return base64.b64decode(value).hex(" ")
    return str(value)


def _double(value: float) -> str:
    """As Java writes a double, in the fewest digits that tell it from all others."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    exact = Decimal(repr(value))
    if not value or _PLAIN_FROM <= exact.adjusted() < _PLAIN_BELOW:
        plain = f"{exact:f}"
        return plain if "." in plain else f"{plain}.0"
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{exact.adjusted()}"
