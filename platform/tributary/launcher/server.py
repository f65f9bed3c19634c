"""The embedded Postgres as a part that the launcher holds up."""

from __future__ import annotations

from resources.postgres.embedded import EmbeddedPostgres

_MISSES = 3


class PostgresPart:
    """Postgres under a launcher that uses it.

    It looks after its own crashes and takes a moment for that, so it counts as dead only after some looks in a row.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._missed = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return "Postgres"

    @property
    def is_starting(self) -> bool:
        """Never: it is waited for when it starts."""
        return False

    def look(self) -> str | None:
        """What is wrong with it."""
        self._missed = 0 if self._server.is_ready() else self._missed + 1
        return "ended" if self._missed >= _MISSES else None

    def restart(self) -> None:
        """Start it again on the same socket, so that every process finds it."""
        self._missed = 0
        self._server.revive()

    def last_words(self) -> str:
        """Where it said why."""
        return f"its log is {self._server.log}."
