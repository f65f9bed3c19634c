"""The settings of the source `retail`, and the folder that follows from them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from tributary.resources.settings import ProjectPath, Settings, SourceSettings, own_settings


class RetailSettings(SourceSettings, env_prefix="TRIBUTARY_RETAIL_"):
    """Whose files they are, and of which size a sample is."""

    dir: ProjectPath | None = Field(
        None, description="Folder of the eight Complete Journey files; default: a sample made on first use."
    )
    sample_scale: float = Field(
        0.02, gt=0, le=1, description="Size of the retail sample; 1 is 2.6 M sales and 36.8 M promotions."
    )


def retail_folder(settings: Settings) -> Path:
    """Where the source files are: the user's folder, or that of the sample."""
    return own_settings(RetailSettings).dir or settings.home / "sample" / "retail"
