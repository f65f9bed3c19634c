"""Values of requests, read as the portable types that columns declare."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tributary.resources.warehouse.types import decimal_digits

_INTEGERS = {"integer": 2**31, "bigint": 2**63}
_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?")
_WHOLE = re.compile(r"[+-]?\d{1,20}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?")
_NO_NUMBERS = ("nan", "inf", "-inf")
_BOOLEANS = {"true": True, "false": False}
LONGEST_TEXT = 10_000


def read_value(type_: str, text: str) -> Any:
    """A value of a portable type; times are without a zone, as columns hold them.

    Raises:
        ValueError: the text is none, with what it should be.
    """
    if type_ == "text":
        if "\0" in text or len(text) > LONGEST_TEXT:
            raise ValueError(f"text of at most {LONGEST_TEXT:,} characters, none of which is NUL")
        text.encode()  # refuses halves of surrogate pairs
        return text
    if type_ == "boolean":
        if text in _BOOLEANS:
            return _BOOLEANS[text]
        raise ValueError("true or false")
    if type_ in _INTEGERS:
        bound = _INTEGERS[type_]
        if _WHOLE.fullmatch(text) and -bound <= int(text) < bound:
            return int(text)
        raise ValueError(f"a whole number from {-bound} to {bound - 1}")
    if type_ == "double":
        if text in _NO_NUMBERS or (_NUMBER.fullmatch(text) and math.isfinite(float(text))):
            return float(text)
        raise ValueError("a number")
    if decimal_digits(type_):
        if _NUMBER.fullmatch(text):
            return Decimal(text)
        raise ValueError("a number")
    return _read_time(type_, text)


def _read_time(type_: str, text: str) -> date | datetime:
    shape = "a day as 2024-12-31" if type_ == "date" else "a time as 2024-12-31T23:59:59, without a zone"
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text) if type_ == "date" else datetime.fromisoformat(text + "T00:00:00")
        if type_ == "timestamp" and _TIMESTAMP.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # a month 13, for one
    raise ValueError(shape)


def written(value: Any) -> str | None:
    """A value as `read_value` reads it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
