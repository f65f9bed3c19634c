"""The hourly partitions of the source `social`, by arrival, and the hours that a run covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg

from tributary.assets.social.settings import SocialSettings
from tributary.resources.settings import own_settings

_KEY = "%Y-%m-%d-%H:%M"


def first_hour() -> datetime:
    """The first hour that has a partition."""
    start = own_settings(SocialSettings).start
    return datetime(start.year, start.month, start.day, tzinfo=UTC)


# The hour under way has a partition too: its objects are taken up as they arrive, not when it is over.
ARRIVAL_HOURS = dg.HourlyPartitionsDefinition(start_date=first_hour(), end_offset=1, fmt=_KEY)


def key_of(hour: datetime) -> str:
    """The partition key of an hour."""
    return hour.astimezone(UTC).strftime(_KEY)


def hours_of(context: dg.AssetExecutionContext) -> tuple[datetime, datetime]:
    """The run's hours, from the first to, not including, the second."""
    window = context.partition_time_window
    return window.start.astimezone(UTC), window.end.astimezone(UTC)


def hours_between(start: datetime, end: datetime) -> list[datetime]:
    """Each hour from `start` to, not including, `end`."""
    count = int((end - start) / timedelta(hours=1))
    return [start + timedelta(hours=n) for n in range(count)]
