"""Makes the raw asset of objects that others put into the lake: it takes stock of what arrived, and changes nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from tributary.assets.factory.arriving_objects import ArrivingObjects
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.objects import Span
from tributary.assets.factory.specs import object_spec
from tributary.resources.lake.model import Lake


def arriving_asset(
    key: str,
    objects: ArrivingObjects,
    *,
    source: str,
    description: str,
    defined_in: str,
    kinds: Sequence[str] = ("json",),
) -> dg.AssetsDefinition:
    """The asset that takes stock of the objects of a run's partitions; its data version is of their keys and etags."""
    partitions = objects.partitions()
    spec = object_spec(
        key,
        source=source,
        description=description,
        kinds=kinds,
        defined_in=Path(defined_in),
        code_version="1",
        partitions=partitions,
    )

    @object_step(spec)
    def run(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Told:
        digest, count, size = hashlib.sha256(), 0, 0
        for found in objects.between(lake, Span(*context.partition_time_window)):
            digest.update(f"{found.key} {found.etag}\n".encode())
            count, size = count + 1, size + found.size
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={"objects": count, "bytes": size, "prefix": lake.url(objects.prefix.rstrip("/"))},
            data_version=dg.DataVersion(digest.hexdigest()),
        )

    return run
