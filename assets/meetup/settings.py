"""The settings of the source `meetup`."""

from __future__ import annotations

from pydantic import Field, SecretStr

from tributary.resources.settings import SourceSettings


class MeetupSettings(SourceSettings, env_prefix="TRIBUTARY_MEETUP_"):
    """Which Meetup is asked, and what for."""

    token: SecretStr | None = Field(
        None, description="Bearer token of Meetup's API; without one a simulator stands in for it where samples are on."
    )
    url: str = Field("https://api.meetup.com/gql-ext", pattern=r"^https?://", description="Meetup's GraphQL endpoint.")
    topics: str = Field(
        "python,data science,machine learning,javascript,cloud,women in tech,startup,hiking,rust,design",
        min_length=1,
        description="Topics to search groups for, with commas between.",
    )
    lat: float = Field(37.7749, ge=-90, le=90, description="Latitude of the place to search around, in degrees.")
    lon: float = Field(-122.4194, ge=-180, le=180, description="Longitude of that place, in degrees.")
    radius: float = Field(50, gt=0, le=250, description="Radius of the search, in miles.")
    timezone: str = Field("America/Los_Angeles", description="Time zone of the morning in which days are pulled.")
    port: int = Field(8400, ge=1, le=65535, description="Port of the simulator that stands in for Meetup.")
