"""The staged assets of the social domain: each loads one table's Parquet files, those that it has not loaded yet."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import dagster as dg

from assets.factory.outcome import Events, asset_key, events, origin_of
from assets.factory.partition_rows import rows_of_sources
from assets.factory.specs import FORCE, table_spec
from assets.factory.table_step import WAREHOUSE, table_step
from assets.social.arrivals import hour_of, hour_path
from assets.social.lineage import LINEAGE
from assets.social.partitions import ARRIVAL_HOURS, hours_between, hours_of, key_of
from assets.social.raw_assets import LAKE
from assets.social.tables import SOURCE_OBJECT
from assets.social.transformed_assets import TRANSFORMED_EVENTS
from resources.lake.model import Lake
from resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from resources.warehouse.table import Table
from resources.warehouse.windows import Sources

if TYPE_CHECKING:
    import pyarrow as pa

    from assets.social.events.receipts import Written

ROWS_RECONCILE = "rows_reconcile"


def staged_events_asset(table: Table) -> dg.AssetsDefinition:
    """The asset that loads one table's files of some hours; of messages delivered twice it keeps the first."""
    reconcile = dg.AssetCheckSpec(
        ROWS_RECONCILE,
        asset=asset_key(table.key),
        description="Every row of the files loaded is in the table, or is one more delivery of a message that is.",
    )

    @table_step(
        table,
        table_spec(
            table,
            domain="social",
            deps=[TRANSFORMED_EVENTS],
            kinds=("parquet",),
            source=Path(__file__).with_name("tables.py"),
            code_version="1",
            partitions=ARRIVAL_HOURS,
            automation=None,
        ),
        resources=(LAKE,),
        checks=(reconcile,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse = cast("Warehouse", getattr(context.resources, WAREHOUSE))
        lake = cast("Lake", getattr(context.resources, LAKE))
        start, end = hours_of(context)
        force = context.run.tags.get(FORCE) == "true"
        files: dict[str, Written] = {}
        sources: list[str] = []

        def write() -> WriteReport:
            report, loaded, known = load(warehouse, lake, table, start, end, origin_of(context, table), anew=force)
            files.update(loaded)
            sources.extend(known)
            return report

        def reconciled(report: WriteReport) -> list[dg.AssetCheckResult]:
            rows = sum(file.rows for file in files.values())
            return [
                dg.AssetCheckResult(
                    passed=rows == report.rows + report.duplicates,
                    asset_key=asset_key(table.key),
                    check_name=ROWS_RECONCILE,
                    metadata={"rows in files": rows, "loaded": report.rows, "further deliveries": report.duplicates},
                )
            ]

        yield from events(
            context,
            table,
            write,
            lineage=LINEAGE[table.key],
            more_checks=reconciled,
            partition_rows=lambda: rows_of_sources(
                warehouse, table, SOURCE_OBJECT, sources, _partition_of, origin_of(context, table)
            ),
            metadata=lambda report: {"files loaded now": len(files), "further deliveries": report.duplicates},
        )

    return run


def load(
    warehouse: Warehouse,
    lake: Lake,
    table: Table,
    start: datetime,
    end: datetime,
    origin: Origin = NOBODY,
    *,
    anew: bool = False,
) -> "tuple[WriteReport, dict[str, Written], list[str]]":
    """Load the table's files of the hours from `start` to, not including, `end`, by source object.

    Returns these files, and the source objects of all files of these hours. Files that were loaded already, in the
    version that lies there now, are left alone unless `anew`.

    Raises:
        TributaryError: the lake or the warehouse refused; the old rows stay.
    """
    from assets.social.events.receipts import read_receipts

    receipts = read_receipts(lake, map(hour_path, hours_between(start, end)))
    files = {source: receipt.tables.get(table.key) for source, receipt in receipts.items()}
    made_from = {source: (file.etag or "") if file else "" for source, file in files.items()}
    known = {} if anew else warehouse.published_sources(table, list(files))
    # A source that never gave this table a row is noted nowhere, and need not be.
    changed = {source: etag for source, etag in made_from.items() if known.get(source, "") != etag}
    wanted = {source: file for source, file in files.items() if file and source in changed}
    report = warehouse.replace(
        table,
        Batches(read_files(lake, table, wanted)),
        window=Sources(SOURCE_OBJECT, tuple(changed)),
        fingerprints=changed,
        origin=origin,
    )
    return report, wanted, [source for source, file in files.items() if file]


def _partition_of(source: str) -> str | None:
    hour = hour_of(source)
    return None if hour is None else key_of(hour)


def read_files(lake: Lake, table: Table, files: "Mapping[str, Written]") -> "Iterator[pa.RecordBatch]":
    """The rows of Parquet files, file by file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for _, data in lake.get_many([file.key for file in files.values()]):
        rows = pq.read_table(pa.BufferReader(data), columns=list(table.column_names))
        yield from rows.to_batches()
