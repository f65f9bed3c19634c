"""Days of Meetup that are pulled once more: each must stay as it was, whatever the source's server goes through."""

from __future__ import annotations

from bench.soak.running import Running
from bench.soak.stream import DAYS, Stream
from bench.soak.watching import rows
from tributary.dagster_client import DagsterClient
from tributary.resources.errors import TributaryError

_BEFORE = 90
"""Days ago of the first of them: guests' counts of younger ones still change."""

_DAYS = f"""
SELECT local_date, count(*), md5(string_agg(e::text, '|' ORDER BY e::text)) FROM core.fact_meetup_event AS e
WHERE local_date >= current_date - {_BEFORE} AND local_date < current_date - {_BEFORE - DAYS} GROUP BY local_date
"""
_NAMES = f"SELECT (current_date - {_BEFORE} + n)::text FROM generate_series(0, {DAYS - 1}) AS s(n)"


class Meetings(Stream):
    """A day of some months ago is pulled with each day, through raw, staged, core and gold.

    Args:
        running: the platform, where these days were made already.
        dagster: takes what is asked for.
    """

    def __init__(self, running: Running, dagster: DagsterClient) -> None:
        self._dagster, self._asked, self._in_vain = dagster, 0, 0
        self._days = [str(day) for (day,) in rows(running, _NAMES)]
        self._were = sorted(rows(running, _DAYS))

    def day(self, day: int) -> None:
        """Ask for the day."""
        try:
            self._dagster.launch("meetup", None, {"dagster/partition": self._days[day], "soak": "meetup"})
            self._asked += 1
        except TributaryError:
            self._in_vain += 1

    def missing(self, running: Running) -> list[str]:
        """Days whose events are not what they were."""
        are = sorted(rows(running, _DAYS))
        other = set(are) ^ set(self._were)
        days = sorted({str(one[0]) for one in other})
        return [f"{len(days)} days of Meetup are not as they were, as {days[0]}"] if days else []

    def told(self) -> str:
        """How many were asked for."""
        events = sum(int(str(one[1])) for one in self._were)
        return f"Days of Meetup that were pulled again: {self._asked} ({events:,} events); in vain: {self._in_vain}."
