"""From the settings' location to a lake. Which engine serves which location is decided here and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tributary.resources.lake.errors import LakeLocationError
from tributary.resources.lake.model import Lake


def open_lake(location: str, *, region: str, endpoint_url: str | None, read_only: bool = False) -> Lake:
    """Open the lake at `location`: an `s3://bucket[/prefix]` URL, or a folder, which is made where it is missing.

    A folder is also rid of what crashed writers left behind. S3 is not called before the first use, so that opening
    is quick and needs no network. `region` and `endpoint_url` (an S3-compatible service) matter to S3 alone. A folder
    that is opened to be `read_only` is left as it is, and need not be there.

    Raises:
        LakeLocationError: the location cannot be a lake.
        LakeAccessError: the folder cannot be made or entered.
    """
    if location.startswith("s3://"):
        from tributary.resources.lake.s3 import S3Lake

        return S3Lake(location, region=region, endpoint_url=endpoint_url)
    if "://" in location or not location:
        scheme = location.partition("://")[0]
        raise LakeLocationError(
            f"The lake cannot be at a location of the kind {scheme!r}; give an s3:// URL or the path of a folder."
        )
    from tributary.resources.lake.folder import FolderLake

    return FolderLake(Path(location), read_only=read_only)
