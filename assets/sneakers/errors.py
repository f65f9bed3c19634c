"""Errors of the source `sneakers` that a person is meant to read."""

from __future__ import annotations

from tributary.resources.errors import TributaryError


class SneakerPullError(TributaryError):
    """Events or state could not be pulled from the app's database; what the lake holds is as it was."""
