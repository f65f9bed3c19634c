"""Which of the source's files and staged tables would come out as they are: found without Dagster."""

from __future__ import annotations

from collections.abc import Iterator

from tributary.assets.factory.object_loading import stands
from tributary.assets.retail.files import ALL_FILES, path_of
from tributary.assets.retail.ingest import ingested
from tributary.assets.retail.settings import retail_folder
from tributary.assets.retail.staged_assets import STAGED
from tributary.resources.lake import open_lake
from tributary.resources.settings import Settings
from tributary.resources.warehouse.warehouse import Warehouse


def standing(settings: Settings, warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """The raw assets of files that the lake has as they stand, and the tables that were loaded from these."""
    lake = open_lake(settings.lake_location, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    for file, table in zip(ALL_FILES, STAGED, strict=True):
        manifest = ingested(lake, path_of(file, retail_folder(settings)))
        if manifest is not None:
            yield file.raw_key, manifest.sha256
            if stands(table, warehouse, lake):
                yield table.table.key, ""
