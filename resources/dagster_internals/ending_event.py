"""How the process of a run is told to end, so that one that dies meanwhile holds up nobody.

Dagster tells it by Python's `multiprocessing.Event`, whose locks a process that is killed while it waits, or ends just
then, keeps for ever. Who tells it next, the code server with the lock of all its runs in hand, would never return, and
no run would start again. It cannot be configured.
"""

from __future__ import annotations

import time
from multiprocessing.context import BaseContext
from multiprocessing.sharedctypes import RawValue
from multiprocessing.synchronize import Event

__all__ = ["EndingEvent"]

_LOOK_SECONDS = 0.1


class EndingEvent(Event):
    """A flag that processes share; whoever waits for it looks at it now and then, and locks nothing."""

    def __init__(self, context: BaseContext) -> None:
        super().__init__(ctx=context)
        self._told = RawValue("b", 0)

    def is_set(self) -> bool:
        """Whether it was told."""
        return bool(self._told.value)

    def set(self) -> None:
        """Tell it."""
        self._told.value = 1

    def clear(self) -> None:
        """Take it back."""
        self._told.value = 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is told, at the longest for `timeout` seconds; whether it was."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_set() and (deadline is None or time.monotonic() < deadline):
            time.sleep(_LOOK_SECONDS)
        return self.is_set()
