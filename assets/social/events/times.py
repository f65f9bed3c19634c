"""When an event happened, bounded by what is known for certain: it happened before it arrived, and after the beginning.

A later time is a clock that runs ahead, and becomes the time of arrival, the latest that is true. A time before
`EARLIEST` tells nothing of when it was, so that such a record is refused. Both, since one wild time would otherwise
stretch every table of days and move what is called recent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tributary.assets.social.arrivals import HOUR, hour_of
from tributary.assets.social.settings import SocialSettings
from tributary.resources.segment.errors import BadMessage
from tributary.resources.segment.instants import EPOCH, LATEST, MICROSECOND, happened, micros_of
from tributary.resources.settings import own_settings

FIRST_DAY = own_settings(SocialSettings).first_day
EARLIEST = (datetime.combine(FIRST_DAY, time(), UTC) - EPOCH) // MICROSECOND
"""The first microsecond since 1970 at which an event is believed to have happened."""

DELIVERED_WITHIN = HOUR + timedelta(hours=1)
"""What lies in an hour's folder arrived before so long after its beginning: Firehose gathers for 15 minutes at most."""


def arrived_before(source_object: str) -> int:
    """Before which microsecond all that an object holds arrived, whatever its records say."""
    hour = hour_of(source_object)
    return LATEST if hour is None else (hour + DELIVERED_WITHIN - EPOCH) // MICROSECOND


def happened_at(record: Mapping[str, Any], received: int | None, delivered: datetime | None) -> int:
    """When it happened, as its own fields have it: `timestamp`; else `originalTimestamp` by the collector's clock; else
    `receivedAt`, which is `received`; else when the object was delivered.

    Raises:
        BadMessage: a field that was needed is no time, or nothing tells a time.
    """
    said = micros_of(record.get("timestamp"), "timestamp")
    if said is not None:
        return said
    if received is not None:
        sent = micros_of(record.get("sentAt"), "sentAt")
        original = None if sent is None else micros_of(record.get("originalTimestamp"), "originalTimestamp")
        return happened(received, sent, original)
    if delivered is not None:
        return (delivered - EPOCH) // MICROSECOND
    raise BadMessage("timestamp is missing, and neither receivedAt nor the object's name tells a time")


def bounded(micros: int, arrival: int, field: str) -> int:
    """The time that a field names, no later than the arrival.

    Raises:
        BadMessage: naming `field`, where it is too early to be believed.
    """
    if micros < EARLIEST:
        raise BadMessage(f"{field} lies before {FIRST_DAY}, the first day believed (TRIBUTARY_SOCIAL_FIRST_DAY)")
    return min(micros, arrival)
