"""The token bucket: no more requests a minute than Meetup allows, of one process, or of all runs on the machine.

The bucket is one number, the time of the next free slot of an even schedule (the generic cell rate algorithm, ITU-T
I.371). A caller reserves a slot under a lock, and then waits for it without the lock: callers are served in order,
nobody polls, and one that dies wastes a single slot. The bucket of several machines is in `shared_bucket`.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tributary.assets.meetup.api.errors import MeetupUsageError

WINDOW = 60.0
"""Seconds over which Meetup counts requests."""

_BURST_SHARE = 25
FARTHEST = 600.0
"""A slot farther ahead than this many seconds can only come from a clock that was put back."""


class Clock(Protocol):
    """The time as the client sees it, so that tests can let an hour pass in an instant."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's clock. Wall time, since processes that share a bucket must agree on it."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Bucket:
    """Lets the callers of one process through at the permitted rate, for a client that shares its token with nobody.

    `requests_per_minute` is kept in every span of a minute, wherever it begins: of it, one twenty-fifth may go out at
    once after a rest, and only the remainder is spread over the minute. A plain bucket would let through both.

    Args:
        requests_per_minute: of all callers together.
        clock: the time, which all callers must share.

    Raises:
        MeetupUsageError: for fewer than 2 requests a minute.
    """

    def __init__(self, requests_per_minute: int, clock: Clock | None = None) -> None:
        if requests_per_minute < 2:
            raise MeetupUsageError(
                f"{requests_per_minute} requests a minute are too few to work with; allow 2 at the least."
            )
        self._burst = max(1, requests_per_minute // _BURST_SHARE)
        self._interval = WINDOW / (requests_per_minute - self._burst)
        self._clock = clock or SystemClock()
        self._free = 0.0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Return as soon as one more request may be sent."""
        wait = self._changed(self._reserved) - self._clock.now()
        if wait > 0:
            self._clock.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nobody through for `seconds`, because the server asked for it."""
        self._changed(lambda free, now: (now, max(free, now + seconds)))

    @property
    def interval(self) -> float:
        """Seconds between two slots."""
        return self._interval

    @property
    def slack(self) -> float:
        """Seconds by which the schedule may lie behind the time, so that a burst goes out at once."""
        return (self._burst - 1) * self._interval

    def _reserved(self, free: float, now: float) -> tuple[float, float]:
        """The slot of the next request, and the free slot after it, both in seconds since 1970."""
        if free > now + FARTHEST:
            free = now
        free = max(free, now - self.slack)
        return max(now, free), free + self._interval

    def _changed(self, change: Callable[[float, float], tuple[float, float]]) -> float:
        """Move the free slot by `change`, which is given it and the time, and return what else that says."""
        with self._lock:
            answer, self._free = change(self._free, self._clock.now())
        return answer


class FileBucket(Bucket):
    """A bucket that all processes of this machine share through a folder, which is made on first use.

    Raises:
        MeetupUsageError: as `Bucket`, or, when used, for a folder that cannot be written.
    """

    def __init__(self, folder: Path, requests_per_minute: int, clock: Clock | None = None) -> None:
        super().__init__(requests_per_minute, clock)
        self._folder = folder

    def _changed(self, change: Callable[[float, float], tuple[float, float]]) -> float:
        with self._locked():
            now = self._clock.now()
            answer, free = change(self._read(now), now)
            aside = self._folder / "next.new"
            aside.write_text(repr(free))
            aside.replace(self._folder / "next")
        return answer

    def _read(self, now: float) -> float:
        try:
            return float((self._folder / "next").read_text())
        except FileNotFoundError:
            return 0.0
        except ValueError:
            # A power failure can leave the file empty. What was spent is then unknown, so a whole window is assumed.
            return now + WINDOW

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise MeetupUsageError(
                f"The rate limit cannot be kept in {self._folder} ({error.strerror}); let this user write there."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
