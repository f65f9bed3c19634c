"""Makes the asset of a table that is declared over source objects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import Events, events
from tributary.assets.factory.following import FOLLOW
from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.object_loading import Loaded, load
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.partition_rows import rows_of_sources
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.resources.warehouse.base import WriteReport


def object_asset(declared: ObjectTable) -> dg.AssetsDefinition:
    """The asset that makes the table."""
    objects, table = declared.objects, declared.table
    spec = table_spec(
        table,
        domain=declared.source,
        deps=[declared.upstream],
        kinds=declared.kinds,
        source=Path(declared.defined_in),
        code_version=declared.code_version,
        partitions=objects.partitions() if objects.partitions else None,
        automation=FOLLOW if declared.follows else None,
        metadata=declared.metadata,
    )

    @table_step(table, spec, resources=(LAKE,))
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, force, replay = loading_of(context, table)
        done: list[Loaded] = []

        def write() -> WriteReport:
            span = objects.span(context)
            done.append(load(declared, warehouse, lake, span, origin=origin, force=force, replay=replay))
            return done[0].report

        def rows() -> Mapping[str, int]:
            names = done[0].objects
            return rows_of_sources(warehouse, table, declared.source_column, names, objects.partition, origin)

        def told(_: WriteReport) -> Mapping[str, Any]:
            found = {"objects": len(done[0].objects), "objects loaded now": len(done[0].reading.rows)}
            if objects.partitions is None:
                return found
            filled = {objects.partition(name) for name in done[0].objects}
            return {**found, "partitions without an object": len(set(context.partition_keys) - filled)}

        yield from events(context, table, write, lineage=declared.lineage, metadata=told, partition_rows=rows)

    return run
