"""The settings of the source `social`."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from tributary.resources.settings import SourceSettings


class SocialSettings(SourceSettings, env_prefix="TRIBUTARY_SOCIAL_"):
    """From when on events count, and whether there are invented ones."""

    start: date = Field(
        date(2026, 1, 1), description="First day (UTC) of the social events' hourly partitions; older objects stay raw."
    )
    first_day: date = Field(
        date(2025, 1, 1),
        description="First day (UTC) on which events can have happened; earlier ones: quarantine.",
    )
    sample: bool = Field(
        True, description="Whether a sample of the social network is made, and goes on live, where samples are on."
    )
