"""Postgres as a part that the launcher looks after: the embedded server, or one by URL that can only be waited for."""

from __future__ import annotations

import time

from tributary.resources.postgres.databases import unreachable
from tributary.resources.postgres.embedded import EmbeddedPostgres

NAME = "Postgres"
_MISSES = 3
_EVERY_SECONDS = 1.0
_EVERY_SECONDS_BY_URL = 3.0


class PostgresPart:
    """Postgres under a launcher that uses it.

    It looks after its own crashes and takes a moment for that, so it counts as dead only after some looks in a row.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._missed, self._looked = 0, 0.0

    @property
    def name(self) -> str:
        """What people call it."""
        return NAME

    @property
    def pid(self) -> int | None:
        """Not known here: who asks for it reads its own note."""
        return None

    @property
    def is_starting(self) -> bool:
        """Never: it is waited for when it starts."""
        return False

    def look(self) -> str | None:
        """What is wrong with it."""
        if time.monotonic() - self._looked < _EVERY_SECONDS:
            return None
        self._missed = 0 if self._server.is_ready() else self._missed + 1
        # What is amiss is looked at again at once.
        self._looked = 0.0 if self._missed else time.monotonic()
        if self._missed < _MISSES:
            return None
        return "no longer answers" if self._server.runs() else "ended"

    def restart(self) -> None:
        """Start it again on the same socket, so that every process finds it."""
        self._missed = 0
        self._server.revive()

    def last_words(self) -> str:
        """Where it said why."""
        return f"its log is {self._server.log}."


class PostgresByUrl:
    """A server of somebody else."""

    name = NAME

    def __init__(self, url: str) -> None:
        self._url = url
        self._looked = 0.0
        self._reason: str | None = None

    def look(self) -> str | None:
        """Why it cannot be reached."""
        if time.monotonic() - self._looked > _EVERY_SECONDS_BY_URL:
            self._reason = unreachable(self._url)
            self._looked = time.monotonic()
        return f"cannot be reached ({self._reason})" if self._reason else None
