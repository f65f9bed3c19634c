"""The errors of the live social simulator; nothing else belongs here."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class CollectorRefusal(TributaryError):
    """The collector refuses what it is sent, and would refuse it again."""
