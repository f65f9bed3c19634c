"""The lake, and the AWS that all clients of it ask."""

from __future__ import annotations

from pydantic import Field

from tributary.resources.settings.home import HomeSettings
from tributary.resources.settings.reading import PROJECT_ROOT


class LakeSettings(HomeSettings):
    """Where the lake is, and where AWS is."""

    lake_url: str | None = Field(None, description="s3://bucket/prefix, or a folder; default <home>/lake.")
    aws_region: str = Field("us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Region of the AWS services.")
    aws_endpoint_url: str | None = Field(
        None, pattern=r"^https?://", description="Endpoint of services that speak AWS's protocols, instead of AWS."
    )

    @property
    def lake_location(self) -> str:
        """Where the lake is: an `s3://` URL or an absolute folder."""
        if self.lake_url is None:
            return str(self.home / "lake")
        return self.lake_url if self.lake_url.startswith("s3://") else str(PROJECT_ROOT / self.lake_url)
