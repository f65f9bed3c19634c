"""Reads one value of a portable type, as a form (text) or JSON gives it, and writes it in the one form that it has.

What a particular parameter allows of its type is `parameter`'s matter.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any

from tributary.resources.warehouse.types import decimal_digits

Value = bool | int | float | Decimal | str | date | datetime
Json = bool | int | float | str

_LONGEST_NUMBER = 64
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_TRUTH = {"true": True, "on": True, "false": False, "off": False}
_BITS = {"integer": 31, "bigint": 63}
_EXACT_IN_DOUBLE = 2**53


class NotAValue(ValueError):
    """What is wrong with a value, as the end of a sentence about it: `must be a whole number`."""


def read_value(kind: str, raw: object) -> Value:
    """The value of a portable type that text or a JSON scalar stands for; text is taken without blanks around it.

    Raises:
        NotAValue: it stands for none.
    """
    name = kind.partition("(")[0]
    return _READERS[name](kind, raw.strip() if isinstance(raw, str) else raw)


def canonical_value(value: Value) -> Json:
    """A value as JSON, in one form for all its spellings; a decimal is text, of which no reader loses digits.

    `read_value` reads it back.
    """
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    return value


def in_order(values: Iterable[Value]) -> tuple[Value, ...]:
    """Values of one type, each of them once, from the smallest on."""
    found: set[Any] = set(values)
    return tuple(sorted(found))


def _boolean(_kind: str, raw: object) -> bool:
    found = _TRUTH.get(raw.lower()) if isinstance(raw, str) else raw
    if not isinstance(found, bool):
        raise NotAValue("must be true or false")
    return found


def _integer(kind: str, raw: object) -> int:
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < _EXACT_IN_DOUBLE:
        raw = int(raw)
    if isinstance(raw, str) and len(raw) <= _LONGEST_NUMBER and _WHOLE.fullmatch(raw):
        raw = int(raw)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise NotAValue("must be a whole number, in digits alone")
    if not -(2 ** _BITS[kind]) <= raw < 2 ** _BITS[kind]:
        raise NotAValue(f"is too large for a number of type {kind}")
    return raw


def _decimal_of(raw: object) -> Decimal:
    if isinstance(raw, float) and math.isfinite(raw):
        raw = repr(raw)  # the shortest digits that are this number, which are those that were written
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, str) and len(raw) <= _LONGEST_NUMBER and _NUMBER.fullmatch(raw):
        return Decimal(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**_LONGEST_NUMBER:
        return Decimal(raw)
    raise NotAValue("must be a number, such as 12.5")


def _double(_kind: str, raw: object) -> float:
    found = float(_decimal_of(raw))
    if not math.isfinite(found):
        raise NotAValue("is too large for a number of type double")
    return found + 0.0  # -0.0 is 0.0


def _decimal(kind: str, raw: object) -> Decimal:
    found = _decimal_of(raw)
    digits = decimal_digits(kind)
    assert digits is not None  # noqa: S101 - it is a portable type
    precision, scale = digits
    whole = precision - scale
    if found and found.adjusted() >= whole:
        raise NotAValue(f"must have at most {whole} digits before the point")
    with localcontext(prec=5 * _LONGEST_NUMBER) as exact:
        exact.clear_flags()
        if found and found.adjusted() < -scale:
            raise NotAValue(_too_fine(scale))
        rounded = found.quantize(Decimal(1).scaleb(-scale))
        if rounded != found:
            raise NotAValue(_too_fine(scale))
    return rounded or abs(rounded)


def _too_fine(scale: int) -> str:
    return f"must have at most {scale} digits behind the point" if scale else "must be a whole number"


def _text(_kind: str, raw: object) -> str:
    if not isinstance(raw, str):
        raise NotAValue("must be text")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in raw):
        raise NotAValue("must be one line of plain text, without control characters")
    return raw


def _date(_kind: str, raw: object) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    try:
        if isinstance(raw, str) and _DATE.fullmatch(raw):
            return date.fromisoformat(raw)
    except ValueError:
        raise NotAValue("is no day of the calendar") from None
    raise NotAValue("must be a date, such as 2024-12-31")


def _timestamp(_kind: str, raw: object) -> datetime:
    if isinstance(raw, datetime) and raw.tzinfo is None:
        return raw
    try:
        if isinstance(raw, str) and _TIMESTAMP.fullmatch(raw):
            return datetime.fromisoformat(raw)
    except ValueError:
        raise NotAValue("is no time of the calendar") from None
    raise NotAValue("must be a date and time in UTC without a zone, such as 2024-12-31T23:59:59")


_READERS: dict[str, Callable[[str, object], Value]] = {
    "boolean": _boolean,
    "integer": _integer,
    "bigint": _integer,
    "double": _double,
    "decimal": _decimal,
    "text": _text,
    "date": _date,
    "timestamp": _timestamp,
}
