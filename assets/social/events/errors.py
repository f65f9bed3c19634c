"""What stops a transformation, and what makes one record bad."""

from __future__ import annotations

from resources.errors import TributaryError


class EventPlaceError(TributaryError):
    """A key is not that of an event object, so nothing can be placed beside it."""


class BadRecord(TributaryError):
    """One record can be no row. The message is the reason shown to people, so it repeats nothing the record holds."""
