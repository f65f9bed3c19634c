"""When people are there: the day, the week, and growth, as a map from activity to time.

A position says how much of all activity has happened, 0 to 1. What happens is told in positions, so that it is the
same for every period; only this module knows the hours.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

HOUR_MS = 3_600_000
QUIET_END_MS = HOUR_MS // 2
"""Nobody comes in the last half hour, so that all who came have left and delivered when the period ends."""

# Hours of the day in UTC; the network's people live between Lisbon and Warsaw.
_HOURS = (
    0.45, 0.28, 0.18, 0.15, 0.18, 0.32, 0.62, 0.95, 1.10, 1.05, 1.00, 1.10,
    1.30, 1.20, 1.05, 1.05, 1.15, 1.35, 1.60, 1.85, 1.95, 1.75, 1.30, 0.80,
)  # fmt: skip
# Monday to Sunday.
_WEEKDAYS = (0.92, 0.93, 0.95, 0.97, 1.00, 1.08, 1.15)
_GROWTH_FROM, _GROWTH_BY = 0.60, 0.80


class Rhythm:
    """Maps positions to the time between `start_ms`, the beginning of an hour, and the end of `days` days."""

    def __init__(self, start_ms: int, days: int) -> None:
        hours = days * 24
        self.start_ms = start_ms
        self.end_ms = start_ms + hours * HOUR_MS
        weights = [self._weight(number, hours) for number in range(hours)]
        weights[-1] *= 1 - QUIET_END_MS / HOUR_MS
        self._cumulated = list(accumulate(weights, initial=0.0))

    def at(self, position: float) -> int:
        """The time of `position`, in milliseconds since 1970 (UTC); later positions have later times."""
        target = position * self._cumulated[-1]
        hour = min(bisect_right(self._cumulated, target), len(self._cumulated) - 1) - 1
        low, high = self._cumulated[hour], self._cumulated[hour + 1]
        begin = self.start_ms + hour * HOUR_MS
        width = min(HOUR_MS, self.end_ms - QUIET_END_MS - begin)
        return begin + int(width * (target - low) / (high - low))

    def _weight(self, number: int, hours: int) -> float:
        absolute = self.start_ms // HOUR_MS + number
        # 1970-01-01 was a Thursday, the fourth day of the week.
        weekday = (absolute // 24 + 3) % 7
        return _HOURS[absolute % 24] * _WEEKDAYS[weekday] * (_GROWTH_FROM + _GROWTH_BY * number / hours)
