"""Makes the asset that copies a table's publications to Postgres, where pages and the data API read them.

There is one for each table that they are about where the warehouse is on another engine. Whoever reads the copy sees
one publication whole, until the next one has taken its place whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg

from tributary.assets.factory.dagster_events import IN_SHORT, asset_key, failure, report_metadata, table_schema
from tributary.assets.factory.following import FOLLOW
from tributary.assets.factory.specs import FORCE, object_spec
from tributary.resources.errors import TributaryError
from tributary.resources.warehouse.base import Batches, Origin, Select, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.wording import count

SERVING = "serving"
"""The prefix of the keys of copies, and the name of the resource that they are written by."""

CODE_VERSION = "1"


def serving_key(table: Table) -> str:
    """What the copy of a table is called, as `layer.name`: no two tables have one name, whatever their layers."""
    return f"{SERVING}.postgres_{table.name}"


def serving_asset(table: Table, *, source: str) -> dg.AssetsDefinition:
    """The asset that copies `table` whole, where it was published anew since; a view becomes a table."""
    copy = replace(table, checks=(), kind="table", partition_by=None, deduplicate=None, file=None)
    declared = hashlib.sha256(f"{CODE_VERSION} {copy!r}".encode()).hexdigest()

    @dg.multi_asset(name=serving_key(table).replace(".", "__"), specs=[_spec(table, source, [table.key])])
    def run(
        context: dg.AssetExecutionContext,
        warehouse: dg.ResourceParam[Warehouse],
        serving: dg.ResourceParam[Warehouse],
    ) -> Iterator[dg.MaterializeResult[None]]:
        origin = Origin(context.run.run_id, serving_key(table))
        try:
            found = warehouse.publication(table, origin=origin)
            made_from = f"{found.version}:{declared}" if found.version else None
            standing = serving.published(copy)
            if made_from and standing and standing.fingerprint == made_from and context.run.tags.get(FORCE) != "true":
                as_before = f"unchanged: {count(standing.rows, 'row')} as before"
                told: dict[str, Any] = {IN_SHORT: as_before, "dagster/row_count": standing.rows, "unchanged": True}
            else:
                rows = Batches(warehouse.batches(table, origin=origin))
                report = serving.replace(copy, rows, origin=origin, fingerprint=made_from, copied=found.note)
                told = report_metadata(report)
        except TributaryError as error:
            raise failure(error) from error
        yield dg.MaterializeResult(
            asset_key=asset_key(serving_key(table)),
            metadata=told,
            data_version=dg.DataVersion(found.version) if found.version else None,
        )

    return run


def serving_view(table: Table, *, source: str, deps: tuple[str, ...] = ()) -> dg.AssetsDefinition:
    """The asset of a view that tells of the warehouse which it is in, by `Warehouse.publications`: it is no copy."""

    @dg.multi_asset(name=serving_key(table).replace(".", "__"), specs=[_spec(table, source, deps)])
    def run(
        context: dg.AssetExecutionContext, serving: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.MaterializeResult[None]]:
        origin = Origin(context.run.run_id, serving_key(table))
        try:
            report: WriteReport = serving.replace(table, Select(serving.publications), origin=origin)
        except TributaryError as error:
            raise failure(error) from error
        yield dg.MaterializeResult(asset_key=asset_key(serving_key(table)), metadata=report_metadata(report))

    return run


def _spec(table: Table, source: str, deps: list[str] | tuple[str, ...]) -> dg.AssetSpec:
    spec = object_spec(
        serving_key(table),
        source=source,
        description=f"`{table.key}` as pages, dashboard and data API read it: copied whole whenever it is published.",
        kinds=("postgres", "table"),
        defined_in=Path(__file__),
        code_version=CODE_VERSION,
        deps=deps,
        metadata={"dagster/column_schema": table_schema(table), "dagster/table_name": table.key},
    )
    return spec.replace_attributes(automation_condition=FOLLOW)
