"""What the text of a field must be to fit a column's type. This is the one place that says it.

A server's own reading of text is wider than any file means: Postgres takes `900_004` and `0x7` for integers, `NaN` for
money, `now` for a date, `on` for true, and rounds what has too many decimals. So a field is sent to it only in a form
that both read alike: one that `pattern` matches, or one that `read` gives back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, localcontext
from functools import cache

from tributary.resources.warehouse.types import MAX_PRECISION, decimal_digits

BLANKS = " \t"
_BITS = {"integer": 31, "bigint": 63}
_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")
_DATE = "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
_TIMESTAMP = f"{_DATE}(?:[ T]{_TIME})?"
# Nothing is given back that was taken, so that a long field costs no more than its length.
_INTEGRAL = re.compile(r"([+-]?+)([0-9]++)(?:\.0*+)?+")
_NUMBER = re.compile(r"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]{1,4}+)?+")
_ZONED = re.compile(rf"{_TIMESTAMP} ?(?:Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)")
_FINEST_NOISE = 6


class Misfit(Exception):
    """A field does not fit its column; the text completes a sentence that begins with the column's name."""


def pattern(type_: str) -> str:
    """A regular expression of the ordinary texts of a type other than `text`; whether others fit, `read` knows.

    An expression of a whole field of ASCII, of what both RE2 and Python know. Of dates, days that no month has are left
    to the server, which refuses them.
    """
    digits = decimal_digits(type_)
    if digits is not None:
        whole, scale = digits[0] - digits[1], digits[1]
        decimals = rf"\.[0-9]{{1,{scale}}}"
        if not scale:
            return f"-?[0-9]{{1,{whole}}}"
        return f"-?(?:[0-9]{{1,{whole}}}(?:{decimals})?|{decimals})" if whole else f"-?0?{decimals}"
    return {
        "integer": "-?[0-9]{1,9}",
        "bigint": "-?[0-9]{1,18}",
        "double": r"-?(?:[0-9]{1,15}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})",
        "boolean": "(?:true|false|True|False|TRUE|FALSE|t|f|T|F|1|0)",
        "date": _DATE,
        "timestamp": _TIMESTAMP,
    }[type_]


def read(type_: str, text: str) -> str:
    """The normal form of a field that is not empty; blanks around it belong to a `text` alone.

    - integers: a sign and digits; `1.0` is 1
    - decimals: a sign, digits and a point, or an exponent, with no more decimals than the column keeps. The noise of
      binary floating point (`4.440892e-16`, `1.2300000001`) is the number that it stands beside
    - doubles: the same, with any decimals
    - booleans: true, false, t, f, 1, 0, in any case
    - dates: `2004-03-23`; timestamps also `2004-03-23 07:30`, `2004-03-23T07:30:00.5`, without a time zone

    Raises:
        Misfit: the field does not fit.
    """
    if type_ == "text" or _ordinary(type_).fullmatch(text):
        return text
    digits = decimal_digits(type_)
    found = text.strip(BLANKS)
    return _decimal(found, type_, *digits) if digits is not None else _READERS[type_](found, type_)


@cache
def _ordinary(type_: str) -> re.Pattern[str]:
    return re.compile(pattern(type_))


def _integer(text: str, type_: str) -> str:
    match = _INTEGRAL.fullmatch(text)
    if match is None:
        raise Misfit(f"is not a valid {type_}")
    sign, digits = match[1], match[2].lstrip("0") or "0"
    # Of a long number only its length matters, which spares reading it.
    if len(digits) > MAX_PRECISION or not -(1 << _BITS[type_]) <= int(sign + digits) < 1 << _BITS[type_]:
        raise Misfit(f"is out of range for {type_}")
    return sign + digits


def _decimal(text: str, type_: str, precision: int, scale: int) -> str:
    if not _NUMBER.fullmatch(text):
        raise Misfit(f"is not a valid {type_}")
    with localcontext(prec=3 * MAX_PRECISION):
        value = Decimal(text)
        if value and value.adjusted() >= precision - scale:
            raise Misfit(f"is out of range for {type_}")
        rounded = round(value, scale)
        if abs(value - rounded) > Decimal(10) ** -max(_FINEST_NOISE, scale + 4):
            raise Misfit(f"has more than {scale} decimal{'' if scale == 1 else 's'}")
        if rounded and rounded.adjusted() >= precision - scale:
            raise Misfit(f"is out of range for {type_}")
        return format(rounded, "f")


def _double(text: str, type_: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise Misfit(f"is not a valid {type_}")
    if math.isinf(float(text)):
        raise Misfit(f"is out of range for {type_}")
    return repr(float(text))


def _boolean(text: str, type_: str) -> str:
    lowered = text.lower()
    if lowered not in (*_TRUE, *_FALSE):
        raise Misfit(f"is not a valid {type_} (true or false, t or f, 1 or 0)")
    return lowered


def _moment(text: str, type_: str) -> str:
    if not re.fullmatch(_DATE if type_ == "date" else _TIMESTAMP, text):
        if type_ == "timestamp" and _ZONED.fullmatch(text):
            raise Misfit("has a time zone, which the column does not keep")
        raise Misfit(f"is not a valid {type_} ({'2004-03-23' if type_ == 'date' else '2004-03-23 07:30:00'})")
    try:
        datetime.fromisoformat(text[:10])
    except ValueError:
        raise Misfit(f"is not a valid {type_}") from None
    return text


_READERS: dict[str, Callable[[str, str], str]] = {
    "integer": _integer,
    "bigint": _integer,
    "double": _double,
    "boolean": _boolean,
    "date": _moment,
    "timestamp": _moment,
}
