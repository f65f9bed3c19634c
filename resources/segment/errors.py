"""What makes one message bad."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class BadMessage(TributaryError):
    """One message can be no event. The text is the reason shown to people, so it repeats nothing the message holds."""
