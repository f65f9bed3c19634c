"""How many statements a second Athena takes: a token bucket, as AWS's are."""

from __future__ import annotations

import threading
import time


class Throttle:
    """Lets `burst` statements pass at once, and `per_second` of them in the long run."""

    def __init__(self, per_second: float, burst: int = 1) -> None:
        self._per_second, self._burst = per_second, burst
        self._tokens, self._at = float(burst), time.monotonic()
        self._lock = threading.Lock()

    def passes(self) -> bool:
        """Whether one more may start now."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
