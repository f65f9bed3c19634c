"""The raw assets of the source `retail`: one a source file, each an immutable copy in the lake."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import IN_SHORT
from tributary.assets.factory.markdown import table
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.specs import object_spec
from tributary.assets.retail.files import SourceFile, path_of
from tributary.assets.retail.ingest import Manifest, ingest
from tributary.resources.lake.model import Lake
from tributary.resources.wording import count, size

RETAIL_FOLDER = "retail_folder"
PREVIEW_LINES = 5
PREVIEW_BYTES = 4096


def raw_asset(source: SourceFile) -> dg.AssetsDefinition:
    """The asset that ingests one file; its data version is the file's SHA-256."""
    spec = object_spec(
        source.raw_key,
        source="retail",
        description=f"The file `{source.file}` as it arrived. {source.description}",
        kinds=("csv", "file"),
        defined_in=Path(__file__).with_name("files.py"),
        code_version="1",
        metadata={
            "file": source.file,
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(column.source, column.type, description=column.description)
                    for column in source.contract.columns
                ]
            ),
        },
    )

    @object_step(spec)
    def run(lake: dg.ResourceParam[Lake], retail_folder: dg.ResourceParam[Path]) -> Told:
        manifest, new = ingest(lake, path_of(source, retail_folder))
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata=_metadata(lake, source, manifest, new),
            data_version=dg.DataVersion(manifest.sha256),
        )

    return run


def _metadata(lake: Lake, source: SourceFile, manifest: Manifest, new: bool) -> dict[str, Any]:
    modified = datetime.fromtimestamp(manifest.modified_ns / 1e9, tz=UTC)
    rows = max(manifest.lines - 1, 0)
    state = "a new version" if new else "the version that is here already"
    return {
        IN_SHORT: f"{manifest.file}: {count(rows, 'row')}, {size(manifest.size)}, {state}",
        "file": manifest.file,
        "dagster/row_count": rows,
        "bytes": manifest.size,
        "modified": dg.MetadataValue.timestamp(modified),
        "object": lake.url(manifest.key),
        "new version": new,
        **({"preview": dg.MetadataValue.md(_preview(lake, source, manifest))} if new else {}),
    }


def _preview(lake: Lake, source: SourceFile, manifest: Manifest) -> str:
    chunk = next(lake.open(manifest.key, chunk_size=PREVIEW_BYTES), b"")
    lines = chunk.decode("utf-8", errors="replace").splitlines()[: PREVIEW_LINES + 1]
    rows = [line.split(source.contract.delimiter) for line in lines]
    return table(rows[0], rows[1:]) if rows else "_empty_"
