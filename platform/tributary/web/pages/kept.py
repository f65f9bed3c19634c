"""Keeps what is costly to know for some seconds, so that many who look at a page share one look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What `make` gives, made again when it is asked for and has grown old; safe for use by several threads.

    Args:
        make: looks; what it raises reaches whoever waits for it.
        fresh: seconds for which a value is given as it is.
        usable: seconds for which it is given once more, while it is made again beside; an older one is waited for.
    """

    def __init__(self, make: Callable[[], T], fresh: float, usable: float) -> None:
        self._make, self._fresh, self._usable = make, fresh, usable
        self._lock = threading.Lock()
        self._value: T | None = None
        self._at = float("-inf")

    def get(self) -> T:
        """The value."""
        age, value = time.monotonic() - self._at, self._value
        if value is not None and age < self._fresh:
            return value
        if value is not None and age < self._usable:
            if not self._lock.locked():
                threading.Thread(target=self._renewed, name="kept", daemon=True).start()
            return value
        return self._renewed()

    def _renewed(self) -> T:
        with self._lock:
            if self._value is None or time.monotonic() - self._at >= self._fresh:
                self._value = self._make()
                self._at = time.monotonic()
            return self._value
