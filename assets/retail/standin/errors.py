"""The errors of the retail sample; nothing else belongs here."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SampleError(TributaryError):
    """The retail sample cannot be made as asked for."""
