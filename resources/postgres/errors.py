"""What can go wrong between Tributary and a Postgres server, said in one sentence."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class PostgresError(TributaryError):
    """Postgres cannot be started, reached or used."""
