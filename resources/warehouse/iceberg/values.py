"""Values in Trino's SQL: bound here and nowhere else, as literals of their own type.

Neither transport binds for itself: Trino's client writes literals too, and Athena takes parameters as text of SQL.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tributary.resources.warehouse.errors import WarehouseError

_PLACE = re.compile("%%|%s")


def bind(sql: str, params: Sequence[Any]) -> str:
    """The statement with its values in the places of `%s`; without values it may hold bare percent signs.

    Raises:
        WarehouseError: there are not as many values as places, or one is of no type that SQL has.
    """
    if not params:
        return sql
    left = iter(params)

    def place(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        try:
            return literal(next(left))
        except StopIteration:
            raise WarehouseError("A statement has more places than values.") from None

    text = _PLACE.sub(place, sql)
    if next(left, left) is not left:
        raise WarehouseError("A statement has fewer places than values.")
    return text


def literal(value: object) -> str:
    """A value as SQL.

    Raises:
        WarehouseError: it is of no type that SQL has.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"DOUBLE '{value!r}'" if math.isfinite(value) else f"CAST('{_ODD[repr(value)]}' AS double)"
    if isinstance(value, Decimal):
        return f"DECIMAL '{value:f}'"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, datetime):
        zone = "" if value.tzinfo is None else " UTC"
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        return f"TIMESTAMP '{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}{zone}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(map(literal, value))}]"
    raise WarehouseError(f"A value of type {type(value).__name__} cannot be bound in SQL.")


def quote(text: str) -> str:
    """A text as a literal, in which a quote alone has a meaning."""
    return "'" + text.replace("'", "''") + "'"


_ODD = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
