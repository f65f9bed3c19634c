"""What comes in during the month, of one kind, and what must be there of it in the end: an oracle of its own.

An oracle knows only what was sent and acknowledged. What is not acknowledged is sent again, as clients do.
"""

from __future__ import annotations

from bench.soak.running import Running

DAYS = 30


class Stream:
    """Sends what one kind of client sends; by itself it sends nothing and misses nothing."""

    def day(self, day: int) -> None:
        """What comes once a day."""

    def part(self, day: int, part: float) -> None:
        """What comes several times a day; `part` is how much of the day is over, from 0 up to 1."""

    def mend(self) -> None:
        """Make good what was broken on purpose."""

    def settle(self) -> bool:
        """Send again what was not acknowledged; whether nothing is left."""
        return True

    def missing(self, _running: Running) -> list[str]:
        """What is not as it was sent, in the tables."""
        return []

    def unquarantined(self, _running: Running) -> list[str]:
        """What did not fit, and is not in quarantine."""
        return []

    def told(self) -> str:
        """One line on what was sent."""
        return ""
