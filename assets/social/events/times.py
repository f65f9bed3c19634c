"""Points in time: how they are read, and which are believed. All are microseconds since 1970 in UTC.

Accepted are ISO 8601 texts (a date, or a date and a time with a `T` or a blank between; up to nine decimals, of which
the first six count, the rest is cut off; `Z`, an offset, or nothing, which is read as UTC) and numbers since 1970:
seconds below 1e11, else milliseconds. A point outside 1970 to 2199 is refused: it is a broken clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from assets.social.events.errors import BadRecord

LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
"""The first microsecond that is not believed any more; the first that is believed is 0."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECONDS_FROM = 1e11
_MINUTES = 60
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{0,9}))?)?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)


def micros_of(value: Any, field: str) -> int | None:
    """The point in time that a field names; None where it is null.

    Raises:
        BadRecord: naming `field`, where it is no time or not a believable one.
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
        raise BadRecord(f"{field} is not a time")
    return _believable(found, field)


def happened_at(record: Mapping[str, Any], delivered: datetime | None) -> int:
    """When it happened: `timestamp`; else `originalTimestamp` by the collector's clock, which is
    receivedAt - (sentAt - originalTimestamp); else `receivedAt`; else when the object was delivered.

    The correction: https://segment.com/docs/connections/spec/common/#timestamps

    Raises:
        BadRecord: a field that was needed is no time, the outcome is not believable, or nothing tells a time.
    """
    said = micros_of(record.get("timestamp"), "timestamp")
    if said is not None:
        return said
    received = micros_of(record.get("receivedAt"), "receivedAt")
    sent = micros_of(record.get("sentAt"), "sentAt")
    if received is not None and sent is not None:
        original = micros_of(record.get("originalTimestamp"), "originalTimestamp")
        if original is not None:
            return _believable(received - (sent - original), "originalTimestamp, corrected by sentAt and receivedAt,")
    if received is not None:
        return received
    if delivered is not None:
        return _believable((delivered - _EPOCH) // _MICROSECOND, "the time in the object's name")
    raise BadRecord("timestamp is missing, and neither receivedAt nor the object's name tells a time")


def _believable(micros: int, field: str) -> int:
    if 0 <= micros < LATEST:
        return micros
    raise BadRecord(f"{field} lies outside the years 1970 to 2199")


def _from_number(value: int | float) -> int:
    if abs(value) > LATEST:  # far out, and a product of it might not be a number any more
        return LATEST
    factor = 1_000_000 if abs(value) < _MILLISECONDS_FROM else 1_000
    return round(value * factor)


def _from_text(text: str) -> int | None:
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
        return (datetime(int(year), int(month), int(day), *clock, tzinfo=zone) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None
