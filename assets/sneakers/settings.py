"""The settings of the source `sneakers`."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from tributary.resources.settings import SourceSettings

# RFC 6454, 6.2, as browsers send it: in small letters, without a path.
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


class SneakersSettings(SourceSettings, env_prefix="TRIBUTARY_SNEAKERS_"):
    """Whether there is an invented collection, and whose pages may draw the real one."""

    sample: bool = Field(
        True, description="Whether an empty form app is filled with a sample collection, where samples are on."
    )
    csv_origins: str = Field(
        "",
        description="Origins, with commas between, whose pages may read the form app's two CSV paths, such as "
        "https://me.example; none by default.",
    )

    @field_validator("csv_origins")
    @classmethod
    def _exact(cls, value: str) -> str:
        for origin in filter(None, map(str.strip, value.split(","))):
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin: write scheme, host and port alone, like https://me.example")
        return value

    @property
    def origins(self) -> frozenset[str]:
        """The origins, one by one."""
        return frozenset(filter(None, map(str.strip, self.csv_origins.split(","))))
