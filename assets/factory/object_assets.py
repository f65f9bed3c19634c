"""Makes the asset of a table that is declared over source objects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import Events, events, origin_of
from tributary.assets.factory.following import FOLLOW
from tributary.assets.factory.object_loading import Loaded, load
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.partition_rows import rows_of_sources
from tributary.assets.factory.specs import FORCE, REPLAY, table_spec
from tributary.assets.factory.table_step import table_step
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import WriteReport
from tributary.resources.warehouse.warehouse import Warehouse


def object_asset(declared: ObjectTable) -> dg.AssetsDefinition:
    """The asset that makes the table."""
    objects, table = declared.objects, declared.table
    spec = table_spec(
        table,
        source=declared.source,
        deps=[declared.upstream],
        kinds=declared.kinds,
        defined_in=Path(declared.defined_in),
        code_version=declared.code_version,
        partitions=objects.partitions() if objects.partitions else None,
        automation=FOLLOW if declared.follows else None,
        metadata=declared.metadata,
    )

    @table_step(table, spec)
    def run(
        context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], lake: dg.ResourceParam[Lake]
    ) -> Events:
        origin = origin_of(context, table)
        force, replay = (context.run.tags.get(tag) == "true" for tag in (FORCE, REPLAY))
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
