"""The settings of the source `sneakers`."""

from __future__ import annotations

from pydantic import Field

from tributary.resources.settings import SourceSettings


class SneakersSettings(SourceSettings, env_prefix="TRIBUTARY_SNEAKERS_"):
    """Whether there is an invented collection."""

    sample: bool = Field(
        True, description="Whether an empty form app is filled with a sample collection, on the profile local."
    )
