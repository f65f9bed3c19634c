"""How many nodes a page is asked to hold: fewer where the server cannot give so many, and slowly more again.

Meetup answers some long pages with 502 or not in time, for as long as they are asked for.
"""

from __future__ import annotations

import threading

PAGE_SIZE = 50
"""Nodes asked for in a page at first. The server may send fewer."""

_SMALLER = (20, 10, 5, 1)
_FIRST_PATIENCE = 8
_LONGEST_PATIENCE = 512
_SAME_AGAIN = 2
"""So many attempts are made at one size first, as most failures have nothing to do with it."""


class PageSize:
    """The size of the next page, `most` to begin with, which all callers and threads of a client share."""

    def __init__(self, most: int = PAGE_SIZE) -> None:
        self._steps = (most, *(size for size in _SMALLER if size < most))
        self._step = 0
        self._worked = 0
        self._patience = _FIRST_PATIENCE
        self._lock = threading.Lock()

    def of_attempt(self, number: int) -> int:
        """What the attempt of this number, from 1, at one page should ask for."""
        step = self._step + max(0, number - _SAME_AGAIN)
        return self._steps[min(step, len(self._steps) - 1)]

    def worked(self, size: int) -> None:
        """Note that a page of this size was given."""
        with self._lock:
            step = self._steps.index(size)
            if step > self._step:
                self._step, self._worked = step, 0
                self._patience = min(2 * self._patience, _LONGEST_PATIENCE)
                return
            self._worked += 1
            if self._step and self._worked >= self._patience:
                self._step, self._worked = self._step - 1, 0
