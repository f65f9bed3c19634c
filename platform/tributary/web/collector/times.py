"""Segment's times: how a message's clock is read, and corrected by what the sender's clock showed when it was sent.

`timestamp = receivedAt - (sentAt - originalTimestamp)`, from https://segment.com/docs/connections/spec/common/#timestamps:
sending takes no time to speak of, so the difference of the two clocks is the error of the sender's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from tributary.web.collector.errors import MessageRefused

_SHORT_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")


def now() -> datetime:
    """This moment in UTC, in whole milliseconds, as it is written."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse(name: str, value: object) -> datetime | None:
    """The moment that an ISO 8601 text names, in UTC; None for null. A time without a zone is one in UTC.

    Months and days of one digit are taken too: Segment's own examples have them.

    Raises:
        MessageRefused: naming the field `name`.
    """
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return _utc(value)
        except (ValueError, OverflowError):
            found = _SHORT_DATE.match(value)
            if found is not None:
                year, month, day = found.groups()
                try:
                    return _utc(f"{year}-{month:0>2}-{day:0>2}{value[found.end() :]}")
                except (ValueError, OverflowError):
                    pass  # refused below, like every other text
    raise MessageRefused(f"{name} is not a time; write it in ISO 8601, as in 2024-01-31T12:00:00.000Z.")


def corrected(received: datetime, sent: datetime | None, original: datetime | None) -> datetime:
    """When it happened, by the collector's clock; all in UTC.

    Raises:
        MessageRefused: the times lie so far apart that none comes of it.
    """
    if original is None:
        return received
    if sent is None:
        return original
    try:
        return received - (sent - original)
    except OverflowError:
        raise MessageRefused("sentAt and timestamp lie too far apart; send the times of one clock.") from None


def written(moment: datetime) -> str:
    """A moment in UTC as messages hold it: ISO 8601 with milliseconds and `Z`."""
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
