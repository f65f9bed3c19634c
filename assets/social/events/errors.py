"""What stops a transformation. What makes one record bad is `resources.segment.errors.BadMessage`."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class EventPlaceError(TributaryError):
    """A key is not that of an event object, so nothing can be placed beside it."""
