"""The settings of the source `pledges`, and the drop that follows from them."""

from __future__ import annotations

from pydantic import Field

from tributary.resources.settings import PROJECT_ROOT, Settings, SourceSettings, own_settings


class PledgesSettings(SourceSettings, env_prefix="TRIBUTARY_PLEDGES_"):
    """Where the bills are dropped, and of which size a sample is."""

    dir: str | None = Field(
        None, description="Folder, or s3://bucket/prefix, of the bills by branch and month; default: a sample."
    )
    sample_scale: float = Field(0.004, gt=0, le=1, description="Size of the sample of pledges; 1 is 5 M bills.")


def drop_location(settings: Settings) -> str:
    """Where the files are dropped: an `s3://` URL, or a folder, the user's or that of the sample."""
    own = own_settings(PledgesSettings).dir
    if own is None:
        return str(settings.home / "sample" / "pledges")
    return own if "://" in own else str(PROJECT_ROOT / own)
