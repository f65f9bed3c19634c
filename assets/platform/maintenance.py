"""The asset that looks after the files of the warehouse's tables, where they are files, and its schedule."""

from pathlib import Path

import dagster as dg

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.object_step import Told, object_step
from tributary.assets.factory.specs import object_spec
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.warehouse import Warehouse

KEY = "platform.table_maintenance"


@object_step(
    object_spec(
        KEY,
        source="platform",
        kinds=("iceberg",),
        description="Small files of each table made into few large ones, old snapshots gone, and files that nothing "
        "names.",
        defined_in=Path(__file__),
        code_version="1",
    )
)
def table_maintenance(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> Told:
    """What was done, and saved, is told table by table; what could not be done to one stops no other."""
    found = warehouse.maintain(origin=Origin(context.run.run_id, KEY))
    rows = [
        f"| {one.table_name} | {one.files_before:,} → {one.files:,} | {one.bytes_before:,} → {one.bytes:,} "
        f"| {one.snapshots_before:,} → {one.snapshots:,} | {one.trouble.replace('|', '/')} |"
        for one in found
    ]
    head = "| table | files | bytes | snapshots | trouble |\n| --- | --- | --- | --- | --- |"
    yield dg.MaterializeResult(
        asset_key=asset_key(KEY),
        metadata={
            "tables": dg.MetadataValue.md("\n".join((head, *rows))),
            "tables_changed": len(found),
            "files_saved": sum(one.files_before - one.files for one in found),
            "bytes_saved": sum(one.bytes_before - one.bytes for one in found),
            "snapshots_expired": sum(max(0, one.snapshots_before - one.snapshots) for one in found),
            "tables_in_trouble": sum(bool(one.trouble) for one in found),
        },
    )


@dg.schedule(
    name="daily_maintenance",
    cron_schedule="23 3 * * *",
    job_name="platform",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night looks after the files of the warehouse's tables.",
)
def daily_maintenance(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """One run of this asset alone."""
    return dg.RunRequest(asset_selection=[asset_key(KEY)])
