"""The errors of the social sample; nothing else belongs here."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SampleError(TributaryError):
    """The social sample cannot be made as asked for."""
