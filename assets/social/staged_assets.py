"""The staged assets of the social domain: each loads one table's Parquet files, those that it has not loaded yet."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.outcome import Events, events
from tributary.assets.factory.partition_rows import rows_of_sources
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.social.arrivals import hour_of, hour_path
from tributary.assets.social.lineage import LINEAGE
from tributary.assets.social.partitions import ARRIVAL_HOURS, hours_between, hours_of, key_of
from tributary.assets.social.tables import SOURCE_OBJECT
from tributary.assets.social.transformed_assets import TRANSFORMED_EVENTS
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.counting import Reckoning, Reconcile
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Sources

if TYPE_CHECKING:
    import pyarrow as pa

    from tributary.assets.social.events.receipts import Written

ROWS_RECONCILE = "rows_reconcile"


def staged_events_asset(table: Table) -> dg.AssetsDefinition:
    """The asset that loads one table's files of some hours; of messages delivered twice it keeps the first."""
    checked = audited(table)

    @table_step(
        checked,
        table_spec(
            checked,
            domain="social",
            deps=[TRANSFORMED_EVENTS],
            kinds=("parquet",),
            source=Path(__file__).with_name("tables.py"),
            code_version="1",
            partitions=ARRIVAL_HOURS,
            automation=None,
        ),
        resources=(LAKE,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, force, _ = loading_of(context, checked)
        start, end = hours_of(context)
        files: dict[str, Written] = {}
        sources: list[str] = []

        def write() -> WriteReport:
            report, loaded, known = load(warehouse, lake, table, start, end, origin, anew=force)
            files.update(loaded)
            sources.extend(known)
            return report

        yield from events(
            context,
            checked,
            write,
            lineage=LINEAGE[table.key],
            partition_rows=lambda: rows_of_sources(warehouse, table, SOURCE_OBJECT, sources, _partition_of, origin),
            metadata=lambda report: {"files loaded now": len(files), "further deliveries": report.duplicates},
        )

    return run


def audited(table: Table) -> Table:
    """The table with what must hold of its loading from event objects: no row is lost, and none lies in the future."""
    arrived = Expression("timestamp <= received_at", title="nothing_happens_after_its_arrival")
    return replace(table, checks=(*table.checks, arrived, Reconcile(title=ROWS_RECONCILE)))


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

    Returns the files loaded, and the source objects of all files of these hours. Files that were loaded already, in the
    version that lies there now, are left alone unless `anew`. Where an object was rewritten and lost a message that an
    object of any hour delivered too, that one's file is loaded again with it.

    Raises:
        TributaryError: the lake or the warehouse refused; the old rows stay.
    """
    from tributary.assets.social.deliveries import with_other_deliveries
    from tributary.assets.social.events.receipts import fingerprint, read_receipts

    receipts = read_receipts(lake, map(hour_path, hours_between(start, end)))
    files = {source: receipt.tables.get(table.key) for source, receipt in receipts.items()}
    known = warehouse.published_sources(table, list(files))
    # A source that never gave this table a row is noted nowhere, and need not be.
    changed = {
        source: file
        for source, file in files.items()
        if known.get(source, "") != fingerprint(file) or (anew and file is not None)
    }
    window = with_other_deliveries(lake, warehouse, table, changed, known)
    wanted = {source: file for source, file in window.items() if file}
    report = warehouse.replace(
        audited(table),
        Batches(read_files(lake, table, wanted), lambda: Reckoning(sum(file.rows for file in wanted.values()))),
        window=Sources(SOURCE_OBJECT, tuple(window)),
        fingerprints={source: fingerprint(file) for source, file in window.items()},
        origin=origin,
    )
    return report, wanted, [source for source, file in files.items() if file]


def _partition_of(source: str) -> str | None:
    hour = hour_of(source)
    return None if hour is None else key_of(hour)


def read_files(lake: Lake, table: Table, files: "Mapping[str, Written]") -> "Iterator[pa.RecordBatch]":
    """The rows of Parquet files, file by file.

    Raises:
        EventFileError: one is not there, or is not as it was put there.
    """
    from tributary.assets.social.events.parquet import read_files as read

    for _, rows in read(lake, [file.key for file in files.values()], table.column_names):
        yield from rows.to_batches()
