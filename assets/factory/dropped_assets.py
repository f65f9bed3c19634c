"""Makes the raw asset of files that people drop: one for all of them, which takes in what is new or has changed."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import IN_SHORT, asset_key
from tributary.assets.factory.dropped_files import DroppedFiles, TakenIn
from tributary.assets.factory.loading import LAKE
from tributary.assets.factory.markdown import table
from tributary.assets.factory.object_step import Told, object_step, warning
from tributary.assets.factory.specs import object_spec
from tributary.resources.wording import count, size

EVERY_FILE_COUNTS = "every_file_counts"
_SHOWN = 20


def dropped_asset(
    key: str,
    files: DroppedFiles,
    drop: str,
    *,
    source: str,
    description: str,
    defined_in: str,
    kinds: Sequence[str] = ("csv", "file"),
    metadata: Mapping[str, Any] | None = None,
) -> dg.AssetsDefinition:
    """The asset that takes in the files of a drop, of which `drop` names the resource (a `Lake` that is only read).

    Files that are refused or cannot be read are told by a warning, and stop no other.
    """
    spec = object_spec(
        key,
        source=source,
        description=description,
        kinds=kinds,
        defined_in=Path(defined_in),
        code_version="1",
        metadata=metadata,
    )
    check = dg.AssetCheckSpec(
        EVERY_FILE_COUNTS,
        asset=asset_key(key),
        description="No file in the drop was refused or could not be read; of one that was, the version before counts.",
    )

    @object_step(spec, checks=[check], resources={LAKE, drop})
    def run(context: dg.AssetExecutionContext) -> Told:
        lake = getattr(context.resources, LAKE)
        done = files.take_in(lake, getattr(context.resources, drop))
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata=_metadata(done, lake.url(files.prefix.rstrip("/"))),
            data_version=dg.DataVersion(_digest(done)),
        )
        why = {"files": len(done.problems), "why": "; ".join(list(done.problems.values())[:_SHOWN])}
        yield warning(spec.key, EVERY_FILE_COUNTS, not done.problems, why)

    return run


def _digest(done: TakenIn) -> str:
    digest = hashlib.sha256()
    for name, taken in sorted(done.index.items()):
        for version in (taken.counts, taken.refused):
            digest.update(f"{name} {version.sha256 if version is not None else ''}\n".encode())
    return digest.hexdigest()


def _metadata(done: TakenIn, prefix: str) -> dict[str, Any]:
    counting = [taken.counts for taken in done.index.values() if taken.counts is not None]
    newest = [[name, done.index[name].size, done.index[name].modified.isoformat()] for name in done.new[:_SHOWN]]
    total = sum(version.size for version in counting)
    return {
        IN_SHORT: f"{count(len(counting), 'file')}, {size(total)}, {len(done.new):,} of them new",
        "files": len(counting),
        "bytes": total,
        "new files": len(done.new),
        "prefix": prefix,
        **({"some new files": dg.MetadataValue.md(table(["file", "bytes", "modified"], newest))} if newest else {}),
    }
