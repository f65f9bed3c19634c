"""What stops a benchmark."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class BenchError(TributaryError):
    """A benchmark cannot be run as asked, or something that it measures failed."""
