"""Times as Meetup writes them: ISO 8601, and Java's form of it, which names the zone in brackets behind.

What a time means for an event belongs to the source.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ZONED = re.compile(r"(?P<time>[^\[\]]+)\[!?(?P<zone>[A-Za-z][A-Za-z0-9_+/-]*)\]")
"""`2026-03-05T19:00-08:00[America/Los_Angeles]`, the form of RFC 9557 and of java.time.ZonedDateTime."""


def moment_of(text: str) -> datetime:
    """The time that a text tells, with its offset where it has one.

    Of an offset and a zone in brackets the offset counts; where there is none, the zone tells it.

    Raises:
        ValueError: it is no time.
    """
    match = _ZONED.fullmatch(text.strip())
    if match is None:
        return datetime.fromisoformat(text)
    read = datetime.fromisoformat(match["time"])
    if read.tzinfo is not None:
        return read
    try:
        found = read.replace(tzinfo=ZoneInfo(match["zone"]))
    except ZoneInfoNotFoundError:
        raise ValueError(f"no zone is called {match['zone']}") from None
    # With the offset alone, as all other times have it.
    return datetime.fromisoformat(found.isoformat())
