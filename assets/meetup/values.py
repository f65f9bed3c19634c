"""The typed values of a raw record, or the reason why a record does not fit.

What is missing or null is None. What has another type than Meetup's schema says is no value of it, and so no row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tributary.assets.factory.reading import DoesNotFit
from tributary.assets.meetup.api.moments import moment_of
from tributary.assets.meetup.canonical import node_of

Node = Mapping[str, Any]

INTEGER = 2**31
BIGINT = 2**63

# A text column of Postgres cannot hold U+0000, and no UTF-8 holds half of a surrogate pair.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_CENT = Decimal("0.01")
_LARGEST_AMOUNT = Decimal(10) ** 10
_POLE, _DATE_LINE = 90, 180
_NOWHERE = (-8.521147, 179.1962)
"""Where Meetup's answers have online venues."""

_NEAR = 0.02
_TUVALU = frozenset({"tv", "tuvalu"})


def record_of(line: bytes) -> Node:
    """The record of a line; characters that no table can hold become U+FFFD.

    Raises:
        DoesNotFit: it is no JSON object.
    """
    try:
        found = node_of(line)
        if b"\\u" in line:
            found = _fit(found)
    except (ValueError, RecursionError, UnicodeDecodeError, json.JSONDecodeError):
        raise DoesNotFit("it is no JSON") from None
    if not isinstance(found, dict):
        raise DoesNotFit("it is no JSON object")
    return found


def part(node: Node, name: str) -> Node:
    """A record inside a record; an empty one where there is none."""
    return _typed(node, name, dict) or {}


def parts(node: Node, name: str) -> list[Node]:
    """A list of records inside a record; an empty one where there is none."""
    found = _typed(node, name, list) or []
    if not all(isinstance(one, dict) for one in found):
        raise DoesNotFit(f"its {name} hold something that is no object")
    return list(found)


def text(node: Node, name: str) -> str | None:
    """A text, as it is: HTML, emoji and blanks included."""
    found: str | None = _typed(node, name, str)
    return found


def needed(node: Node, name: str, *, may_be_empty: bool = False) -> str:
    """A text that must be there, and not be empty."""
    found = text(node, name)
    if found is None or not (found or may_be_empty):
        raise DoesNotFit(f"its {name} is missing")
    return found


def flag(node: Node, name: str) -> bool | None:
    """True or false."""
    found: bool | None = _typed(node, name, bool)
    return found


def whole(node: Node, name: str, bound: int = BIGINT) -> int | None:
    """A whole number whose magnitude is less than `bound`."""
    found = node.get(name)
    if found is None:
        return None
    if type(found) is not int or not -bound < found < bound:
        raise DoesNotFit(f"its {name} is no whole number that fits")
    return found


def real(node: Node, name: str) -> float | None:
    """A number."""
    found = node.get(name)
    if found is None:
        return None
    if type(found) not in (int, float) or not abs(found) < BIGINT:
        raise DoesNotFit(f"its {name} is no number that fits")
    return float(found)


def amount(node: Node, name: str) -> Decimal | None:
    """An amount of money, in hundredths."""
    found = real(node, name)
    if found is None:
        return None
    money = Decimal(str(found)).quantize(_CENT)
    if abs(money) >= _LARGEST_AMOUNT:
        raise DoesNotFit(f"its {name} is more than any fee")
    return money


def moment(node: Node, name: str) -> datetime | None:
    """A time with its offset."""
    found = text(node, name)
    if found is None:
        return None
    try:
        read = moment_of(found)
    except ValueError:
        raise DoesNotFit(f"its {name} is no time") from None
    if read.tzinfo is None:
        raise DoesNotFit(f"its {name} has no offset")
    return read


def in_utc(read: datetime | None, name: str) -> datetime | None:
    """The time in UTC, without its zone."""
    try:
        return None if read is None else read.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise DoesNotFit(f"its {name} is out of range") from None


def place(node: Node) -> tuple[float | None, float | None]:
    """Latitude and longitude in degrees, where the two are a place on earth.

    They are none where one is missing or beyond the poles or the date line, and where both are 0 or those that Meetup
    gives to what is online.
    """
    lat, lon = _degrees(node, "lat"), _degrees(node, "lon")
    if lat is None or lon is None or not (abs(lat) <= _POLE and abs(lon) <= _DATE_LINE):
        return None, None
    return (None, None) if (lat == 0 and lon == 0) or stands_for_no_place(node) else (lat, lon)


def stands_for_no_place(venue: Node) -> bool:
    """Whether a venue is the one that Meetup puts into the sea off Tuvalu for events that are nowhere."""
    lat, lon = _degrees(venue, "lat"), _degrees(venue, "lon")
    if lat is None or lon is None or str(venue.get("country") or "").lower() in _TUVALU:
        return False
    return abs(lat - _NOWHERE[0]) < _NEAR and abs(lon - _NOWHERE[1]) < _NEAR


def _degrees(node: Node, name: str) -> float | None:
    """Degrees, wherever they lead; None for what is no number, as a place that is none spoils no event."""
    found: Any = node.get(name)
    return float(found) if type(found) in (int, float) and abs(found) < BIGINT else None


def _typed(node: Node, name: str, kind: type) -> Any:
    found = node.get(name)
    if found is not None and type(found) is not kind:
        raise DoesNotFit(f"its {name} is of another type than Meetup's schema says")
    return found


def _fit(value: Any) -> Any:
    if isinstance(value, str):
        return _UNFIT.sub(_REPLACEMENT, value)
    if isinstance(value, list):
        return [_fit(item) for item in value]
    if isinstance(value, dict):
        return {_fit(key): _fit(item) for key, item in value.items()}
    return value
