"""The server's rate limit: a fixed window of a minute that begins with its first request."""

from __future__ import annotations

import time

WINDOW = 60.0


class RateLimit:
    """Counts requests.

    Args:
        requests_per_minute: how many are served in a window; None for no limit.
    """

    def __init__(self, requests_per_minute: int | None) -> None:
        self._most = requests_per_minute
        self._began = 0.0
        self._count = 0

    def refused_until(self, now: float | None = None) -> float | None:
        """Count a request at `now` (seconds since 1970); when it is one too many, the moment the window ends."""
        now = time.time() if now is None else now
        if now - self._began >= WINDOW:
            self._began, self._count = now, 0
        self._count += 1
        return self._began + WINDOW if self._most is not None and self._count > self._most else None
