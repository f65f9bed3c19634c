"""From sealed journals to objects in the lake: one thread, oldest first, again and again until the lake has them.

A journal's file goes only when its object is durable. A crash between the two puts the same bytes under the same key
once more.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from threading import Condition, Thread

from tributary.resources.lake import Lake, LakeError
from tributary.resources.stream.errors import StreamError
from tributary.resources.stream.frames import payloads
from tributary.resources.stream.journal import Sealed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds between attempts while the lake does not take an object; they double from the first to the longest."""

DAMAGED_SUFFIX = ".damaged"

_logger = logging.getLogger(__name__)


class Delivery:
    """Delivers what is submitted, in its own thread, until it is closed."""

    def __init__(self, lake: Lake, leftovers: Sequence[Sealed]) -> None:
        self._lake = lake
        self._waiting = deque(leftovers)
        self._backlog = sum(journal.payload for journal in leftovers)
        self._changed = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="stream-delivery", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Bytes of records that are sealed and not yet in the lake."""
        with self._changed:
            return self._backlog

    def submit(self, journal: Sealed) -> None:
        """Have the journal delivered."""
        with self._changed:
            self._waiting.append(journal)
            self._backlog += journal.payload
            self._changed.notify_all()

    def close(self) -> None:
        """Try once more to deliver what waits, and end the thread. What the lake does not take stays in the folder."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while (journal := self._next()) is not None:
            try:
                _deliver(self._lake, journal)
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


def _deliver(lake: Lake, journal: Sealed) -> None:
    if journal.payload:
        lake.put(journal.name.key, payloads(journal.path, journal.length))
    if journal.damaged:
        journal.path.rename(journal.path.with_name(journal.path.name + DAMAGED_SUFFIX))
    else:
        journal.path.unlink(missing_ok=True)
