"""How amounts, moments and spans of time are written for people, on pages, in a terminal and in Dagster alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

_LONG_DAYS = 60
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def count(number: int, one: str, many: str = "") -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def lasting(seconds: float) -> str:
    """A span of time in its largest unit: `3 days`, `1 hour`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), _UNITS[-1])
    return count(int(seconds // size), unit)


def duration(seconds: float) -> str:
    """A time for people: `0.42 s`, `12.3 s`, `2 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def ago(moment: datetime | date, now: datetime | None = None) -> str:
    """How long ago something was: `3 minutes ago`; of a day `today`. One without a zone is of UTC."""
    now = now or datetime.now(UTC)
    if not isinstance(moment, datetime):
        days = (now.date() - moment).days
        return "today" if days == 0 else f"{count(days, 'day')} ago" if days > 0 else f"in {count(-days, 'day')}"
    seconds = (now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))).total_seconds()
    if seconds < 0:
        return f"in {lasting(-seconds)}"
    return "just now" if seconds < 5 else f"{lasting(seconds)} ago"


def when(moment: datetime | date, now: datetime | None = None) -> str:
    """How long ago something was, or its day where that is long."""
    now = now or datetime.now(UTC)
    day = moment.date() if isinstance(moment, datetime) else moment
    return ago(moment, now) if abs((now.date() - day).days) <= _LONG_DAYS else spoken(day)


def spoken(moment: date | datetime | None) -> str:
    """`3 May 2026, 14:05 UTC`, or the day alone; nothing for none."""
    if moment is None:
        return ""
    day = f"{moment.day} {moment:%B} {moment.year}"
    return f"{day}, {moment:%H:%M} UTC" if isinstance(moment, datetime) else day


def cell(value: object) -> str:
    """A value of a table: its digits untouched, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def size(number: float) -> str:
    """Bytes: `1.5 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{number:,.0f} {unit}" if unit == "B" or abs(number) >= 100 else f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Names, of many the first: `a, b and 7 more`."""
    if len(names) <= most:
        return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1] if names else ""
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"
