"""Where event objects lie in the lake, and how the hours of their arrival are walked.

Firehose names an object by the UTC hour in which its first record arrived, so key order is time order and an hour is a
prefix. What is in the objects is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.stream.naming import EVENTS

SOCIAL_EVENTS = "raw.json_social_events"
"""The raw asset of these objects."""

TRANSFORMED_EVENTS = "transformed.parquet_social_events"
"""The asset of the Parquet files that are made of them."""

RAW = EVENTS
RECEIPTS = "web-data/transformed/_receipts/"
HOUR = timedelta(hours=1)

# A name with .parquet in it would make what is made of one object the beginning of another's key.
_PLACE = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})/(?!.*\.parquet)[^/]+")
_PATH = "%Y/%m/%d/%H/"


def hour_of(key: str, prefix: str = RAW) -> datetime | None:
    """The hour, in UTC, in whose folder under `prefix` an object lies; None where the key has no such place."""
    match = _PLACE.fullmatch(key.removeprefix(prefix)) if key.startswith(prefix) else None
    if match is None:
        return None
    year, month, day, hour = (int(part) for part in match.groups())
    try:
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return None


def hour_path(hour: datetime) -> str:
    """The folder of an hour, relative to a prefix, as `2026/01/31/07/`."""
    return hour.astimezone(UTC).strftime(_PATH)


def objects_from(lake: Lake, start: datetime, end: datetime | None = None, prefix: str = RAW) -> Iterator[ObjectInfo]:
    """The objects that lie in the hours from `start` to, not including, `end`, in key order.

    What lies before `start` is never looked at, however much it is. Objects with no place in an hour are passed over.
    """
    stop = None if end is None else prefix + hour_path(end)
    for found in lake.list(prefix, after=prefix + hour_path(start)):
        if stop is not None and found.key >= stop:
            return
        if hour_of(found.key, prefix) is not None:
            yield found
