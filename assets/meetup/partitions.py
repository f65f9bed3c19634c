"""The daily partitions of the source `meetup`, by the day of an event where its group is, and a run's days.

A partition is a plain date: in UTC it ends when the day is over in Greenwich, whichever zone its events are in.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from tributary.assets.meetup.arrivals import FIRST_DAY

DAY = timedelta(days=1)

# The same keys as a SQL model with `every: day, start: 2008-01-01` has, so that one run can hold both.
EVENT_DAYS = dg.DailyPartitionsDefinition(start_date=datetime.combine(FIRST_DAY, time(), UTC))


def last_day(now: datetime | None = None) -> date:
    """The newest day that has a partition: yesterday in UTC."""
    return (now or datetime.now(tz=UTC)).astimezone(UTC).date() - DAY


def key_of(day: date) -> str:
    """The partition key of a day."""
    return day.isoformat()


def days_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """The run's first and last day."""
    window = context.partition_time_window
    return window.start.astimezone(UTC).date(), window.end.astimezone(UTC).date() - DAY


def days_between(first: date, last: date) -> list[date]:
    """Each day from `first` to `last`, both included."""
    return [first + n * DAY for n in range((last - first).days + 1)]
