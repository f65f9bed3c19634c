"""The asset that looks after the files of the warehouse's tables, where they are files, and its schedule."""

import dagster as dg

from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.warehouse import Warehouse

KEY = dg.AssetKey(["platform", "table_maintenance"])


@dg.asset(
    key=KEY,
    group_name="platform",
    kinds={"iceberg"},
    description="Small files of each table made into few large ones, old snapshots gone, and files that nothing names.",
)
def table_maintenance(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult[None]:
    """What was done, and saved, is told table by table; what could not be done to one stops no other."""
    found = warehouse.maintain(origin=Origin(context.run.run_id, KEY.to_user_string()))
    rows = [
        f"| {one.table_name} | {one.files_before:,} → {one.files:,} | {one.bytes_before:,} → {one.bytes:,} "
        f"| {one.snapshots_before:,} → {one.snapshots:,} | {one.trouble.replace('|', '/')} |"
        for one in found
    ]
    head = "| table | files | bytes | snapshots | trouble |\n| --- | --- | --- | --- | --- |"
    return dg.MaterializeResult(
        metadata={
            "tables": dg.MetadataValue.md("\n".join((head, *rows))),
            "tables_changed": len(found),
            "files_saved": sum(one.files_before - one.files for one in found),
            "bytes_saved": sum(one.bytes_before - one.bytes for one in found),
            "snapshots_expired": sum(max(0, one.snapshots_before - one.snapshots) for one in found),
            "tables_in_trouble": sum(bool(one.trouble) for one in found),
        }
    )


daily_maintenance = dg.ScheduleDefinition(
    name="daily_maintenance",
    target=[KEY],
    cron_schedule="23 3 * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night looks after the files of the warehouse's tables.",
)
