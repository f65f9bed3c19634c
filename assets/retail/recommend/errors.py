"""The recommender's error; nothing else belongs here."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class RecommendError(TributaryError):
    """The sales lines, or what was asked of them, cannot give recommendations."""
