"""All that comes in during the month: the clients' streams, and what is asked of Dagster beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.soak.running import Running
from bench.soak.stream import Stream
from tributary.dagster_client import DagsterClient
from tributary.resources.errors import TributaryError

FLOOD = 25
"""Runs that are asked for at once, of which two may go on at a time."""

FLOOD_EVERY = 5


@dataclass
class Workload:
    """Sends it.

    Args:
        streams: who sends.
        dagster: takes what is asked for.
    """

    streams: Sequence[Stream]
    dagster: DagsterClient
    floods: int = 0
    in_vain: int = 0

    def day(self, day: int) -> None:
        """What comes once a day."""
        for one in self.streams:
            one.day(day)
        if day % FLOOD_EVERY == FLOOD_EVERY - 1:
            self._ask("calendar", [("core", "dim_date")], FLOOD)
            self.floods += 1
        # What else comes once an hour.
        self._ask("retention", None, 1)

    def part(self, day: int, part: float) -> None:
        """What comes several times a day."""
        for one in self.streams:
            one.part(day, part)

    def mend(self) -> None:
        """Make good what was broken on purpose."""
        for one in self.streams:
            one.mend()

    def settle(self) -> bool:
        """Send again what was not acknowledged; whether nothing is left."""
        left = [one for one in self.streams if not one.settle()]
        return not left

    def missing(self, running: Running) -> list[str]:
        """What is not as it was sent."""
        return [fault for one in self.streams for fault in one.missing(running)]

    def unquarantined(self, running: Running) -> list[str]:
        """What did not fit, and is not in quarantine."""
        return [fault for one in self.streams for fault in one.unquarantined(running)]

    def told(self) -> list[str]:
        """What was sent, a line a stream."""
        full = f"Times that more runs were asked for at once than may go on: {self.floods}; in vain: {self.in_vain}."
        return [*(one.told() for one in self.streams), full]

    def _ask(self, job: str, assets: list[tuple[str, str]] | None, times: int) -> None:
        tags: Mapping[str, str] = {"soak": job}
        for _ in range(times):
            try:
                self.dagster.launch(job, assets, tags)
            except TributaryError:
                self.in_vain += 1
