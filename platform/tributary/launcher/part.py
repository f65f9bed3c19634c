"""One part of what `tributary up` holds up, looked at again and again: what is wrong with it, and making it well.

What the parts are (a process, Postgres) is said elsewhere; here is when one is started again, and when it is given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tributary.resources.errors import TributaryError


class Watched(Protocol):
    """What can be looked at."""

    @property
    def name(self) -> str:
        """What people call it."""

    def look(self) -> str | None:
        """What is wrong with it, as the predicate of a sentence ("ended (exit code 1)"); None where nothing is."""


class Part(Watched, Protocol):
    """What can be looked after."""

    @property
    def pid(self) -> int | None:
        """Its process, where that is known."""

    @property
    def is_starting(self) -> bool:
        """Whether it has yet to show that it works."""

    def restart(self) -> None:
        """Start it again.

        Raises:
            TributaryError: that is not possible now.
            OSError: as before, of a disk that is full.
        """

    def last_words(self) -> str:
        """What to read where it cannot be held up."""


@dataclass(frozen=True)
class Patience:
    """When a part is started again, and when no more.

    Args:
        first: seconds before the first start after an end; each that follows in a row waits twice as long.
        most: seconds that are waited at most.
        tries: starts in a row after which the part is given up.
        healthy: seconds of a part that is well, after which its next end counts as the first again.
    """

    first: float = 0.5
    most: float = 30.0
    tries: int = 6
    healthy: float = 60.0

    def before(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(self.first * 2.0 ** (failures - 1), self.most)


USUAL = Patience()


class Tended:
    """A part and its history. Not safe for use by several threads.

    Args:
        part: what is looked after.
        patience: how patiently.
        say: told of each trouble, and of each recovery, in one line.
        clock: seconds that only go forwards.
        apart: whether others go on where it is given up.
    """

    def __init__(
        self,
        part: Part,
        patience: Patience,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        apart: bool = False,
    ) -> None:
        self.part = part
        self.restarts = 0
        self.apart = apart
        self._patience, self._say, self._clock = patience, say, clock
        self._failures = 0
        self._due: float | None = None
        self._well_since: float | None = None

    @property
    def is_down(self) -> bool:
        """Whether the part was not well when it was last looked at."""
        return self._well_since is None and self._failures > 0

    def tend(self, patiently: bool = False) -> str | None:
        """Look once, and start the part again where it is time to; a sentence where it is given up.

        Args:
            patiently: do not give it up, as while something is down that it cannot do without.
        """
        now = self._clock()
        if self._due is not None:
            if now >= self._due:
                self._due = None
                self._restart()
            return None
        trouble = self.part.look()
        if trouble is None:
            if not self.part.is_starting:
                self._note_well(now)
            return None
        self._well_since = None
        self._failures = min(self._failures + 1, self._patience.tries) if patiently else self._failures + 1
        if self._failures > self._patience.tries:
            return self.given_up(f"{self.part.name} {trouble}, {self._failures} times in a row")
        wait = self._patience.before(self._failures)
        self._due = now + wait
        self._say(f"{self.part.name} {trouble}; it is started again in {wait:g} s.")
        return None

    def given_up(self, trouble: str) -> str:
        """The sentence for a part that is held up no more."""
        outcome = "it was given up, and the others go on" if self.apart else "all were stopped"
        return f"{trouble}, so {outcome}; {self.part.last_words()}"

    def _note_well(self, now: float) -> None:
        if self._well_since is None:
            self._well_since = now
            if self._failures:
                self._say(f"{self.part.name} is up again.")
        elif now - self._well_since > self._patience.healthy:
            self._failures = 0

    def _restart(self) -> None:
        self.restarts += 1
        try:
            self.part.restart()
        except (TributaryError, OSError) as error:
            self._say(f"{self.part.name} could not be started: {error}")


class Awaited:
    """Something that is not ours to start: what becomes of it is told, and it is waited for without end.

    Args:
        part: what is waited for.
        say: told of each trouble, and of each recovery, in one line.
        well: the predicate of a recovery.
    """

    def __init__(self, part: Watched, say: Callable[[str], None], well: str = "is up again") -> None:
        self.part, self._say, self._well = part, say, well
        self.is_down = False

    def tend(self, patiently: bool = False) -> None:  # noqa: ARG002  (as of what can be started again)
        """Look once."""
        trouble = self.part.look()
        if (trouble is not None) == self.is_down:
            return
        self.is_down = trouble is not None
        self._say(f"{self.part.name} {trouble}; it is waited for." if trouble else f"{self.part.name} {self._well}.")
