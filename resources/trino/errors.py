"""What can go wrong with a Trino server, said in one sentence."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class TrinoError(TributaryError):
    """The server cannot be had, started or reached."""
