"""Points in time as senders write them: how they are read, which are believed, and when something happened.

Accepted are ISO 8601 texts (a date, or a date and a time with a `T` or a blank between; up to nine decimals, of which
the first six count, the rest is cut off; `Z`, an offset, or nothing, which is read as UTC; months and days of one
digit, as Segment's own examples have them) and numbers since 1970: seconds below 1e11, else milliseconds. A point
outside 1970 to 2199 is refused: it is a broken clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tributary.resources.segment.errors import BadMessage

LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""The first microsecond that is not believed any more; the first that is believed is 0."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_MILLISECONDS_FROM = 1e11
_MINUTES = 60
_USUAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6})?(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII)
"""What is read the same, and much faster, by Python's own reader."""

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{0,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)


def micros_of(value: Any, field: str) -> int | None:
    """The point in time that a field names, in microseconds since 1970 (UTC); None where it is null.

    Raises:
        BadMessage: naming `field`, where it is no time or not a believable one.
    """
    if value is None:
        return None
    if isinstance(value, str):
        found = _from_text(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _from_number(value)
    else:
        found = None
    if found is None:
        raise BadMessage(f"{field} is not a time")
    return believable(found, field)


def happened(received: int, sent: int | None, original: int | None) -> int:
    """When something happened, by the clock of who received it; all in microseconds since 1970.

    Sending takes no time to speak of, so what the sender's clock showed when it sent, less what the receiver's shows,
    is its error: receivedAt - (sentAt - originalTimestamp). Nothing happens after its arrival, whatever a clock says.

    Source: https://segment.com/docs/connections/spec/common/#timestamps
    """
    if original is None:
        return received
    return min(received, original if sent is None else received - (sent - original))


def believable(micros: int, field: str) -> int:
    """The point in time, where it can be one.

    Raises:
        BadMessage: naming `field`, where it lies outside the years 1970 to 2199.
    """
    if 0 <= micros < LATEST:
        return micros
    raise BadMessage(f"{field} lies outside the years 1970 to 2199")


def _from_number(value: int | float) -> int:
    if abs(value) > LATEST:  # far out, and a product of it might not be a number any more
        return LATEST
    factor = 1_000_000 if abs(value) < _MILLISECONDS_FROM else 1_000
    return round(value * factor)


def _from_text(text: str) -> int | None:
    if _USUAL.fullmatch(text):
        try:
            return (datetime.fromisoformat(text) - EPOCH) // MICROSECOND
        except ValueError:
            return None
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, decimals, sign, hours, minutes = match.groups(default="")
    micros = int(decimals[:6].ljust(6, "0"))
    try:
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if int(minutes or 0) >= _MINUTES:
            return None
        zone = timezone(-ahead if sign == "-" else ahead)
        clock = (int(hour or 0), int(minute or 0), int(second or 0), micros)
        return (datetime(int(year), int(month), int(day), *clock, tzinfo=zone) - EPOCH) // MICROSECOND
    except (ValueError, OverflowError):
        return None
