"""From sealed journals to where they go: one thread, oldest first, again and again until they are taken.

A journal's file goes only when its content is durable there. A crash between the two puts the same bytes under the same
key once more.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from threading import Condition, Thread
from typing import Protocol

from tributary.resources.lake import LakeError
from tributary.resources.stream.errors import StreamError
from tributary.resources.stream.frames import payloads
from tributary.resources.stream.journal import Sealed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between attempts while a journal is not taken; they double from the first to the longest."""

DAMAGED_SUFFIX = ".damaged"

_logger = logging.getLogger(__name__)


class Destination(Protocol):
    """What journals are delivered to; a lake is one."""

    def put(self, key: str, data: Iterator[bytes], /) -> object:
        """Take a journal's payloads, in their order, as the object `key`.

        Raises:
            LakeError, StreamError: not all of it is taken.
        """


class Delivery:
    """Delivers what is submitted, in its own thread, until it is closed."""

    def __init__(self, destination: Destination, leftovers: Sequence[Sealed]) -> None:
        self._destination = destination
        self._waiting = deque(leftovers)
        self._backlog = sum(journal.payload for journal in leftovers)
        self._changed = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="stream-delivery", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Bytes of records that are sealed and not yet taken."""
        with self._changed:
            return self._backlog

    def submit(self, journal: Sealed) -> None:
        """Have the journal delivered."""
        with self._changed:
            self._waiting.append(journal)
            self._backlog += journal.payload
            self._changed.notify_all()

    def close(self) -> None:
        """Try once more to deliver what waits, and end the thread. What is not taken stays in the folder."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while (journal := self._next()) is not None:
            try:
                _deliver(self._destination, journal)
            except (LakeError, StreamError, OSError) as error:
                if self._closing:
                    _logger.warning("Events stay in %s until the next start: %s", journal.path.parent, error)
                    return
                _logger.warning("Events wait in %s; next attempt in %g s: %s", journal.path, pause, error)
                with self._changed:
                    self._changed.wait_for(lambda: self._closing, timeout=pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE
                with self._changed:
                    self._waiting.popleft()
                    self._backlog -= journal.payload

    def _next(self) -> Sealed | None:
        """The journal to deliver, which stays in the queue until it is; None when there is no more to wait for."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return self._waiting[0] if self._waiting else None


def _deliver(destination: Destination, journal: Sealed) -> None:
    if journal.payload:
        destination.put(journal.name.key, payloads(journal.path, journal.length))
    if journal.damaged:
        journal.path.rename(journal.path.with_name(journal.path.name + DAMAGED_SUFFIX))
    else:
        journal.path.unlink(missing_ok=True)
