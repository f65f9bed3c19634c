"""Trino as a part that the launcher looks after: the server of this machine, or one that can only be waited for."""

from __future__ import annotations

import time

from tributary.resources.trino.server import PATIENCE, TrinoServer, is_ready

NAME = "Trino"
_MISSES = 6
_EVERY_SECONDS = 2.0


class TrinoPart:
    """A server that runs already, and is started again where it ends, or answers no more."""

    def __init__(self, server: TrinoServer) -> None:
        self._server = server
        self._missed, self._looked = 0, 0.0
        self._launched: float | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return NAME

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._server.pid

    @property
    def is_starting(self) -> bool:
        """Whether it takes no queries yet, since it was started again."""
        return self._launched is not None

    def look(self) -> str | None:
        """What is wrong with it."""
        if self._server.pid is None:
            return "ended"
        now = time.monotonic()
        if now - self._looked < _EVERY_SECONDS:
            return None
        self._looked = now
        if self._launched is not None:
            if self._server.takes_queries():
                self._launched = None
            return "took no queries in time" if self._launched and now - self._launched > PATIENCE else None
        self._missed = 0 if is_ready(self._server.url) else self._missed + 1
        return "no longer answers" if self._missed >= _MISSES else None

    def restart(self) -> None:
        """Start it again on the same port."""
        self._server.stop()
        self._server.launch()
        self._missed, self._launched = 0, time.monotonic()

    def last_words(self) -> str:
        """Where it said why."""
        return f"its log is {self._server.log}."


class TrinoByUrl:
    """A server of somebody else."""

    name = NAME

    def __init__(self, url: str) -> None:
        self._url = url
        self._looked = 0.0
        self._is_there = True

    def look(self) -> str | None:
        """Why it cannot be used."""
        if time.monotonic() - self._looked > _EVERY_SECONDS:
            self._is_there = is_ready(self._url)
            self._looked = time.monotonic()
        return None if self._is_there else f"takes no queries at {self._url}"
