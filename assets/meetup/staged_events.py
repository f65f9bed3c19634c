"""The staged assets of the meetup domain that have days: events, and the venues that they name.

Each reads the raw objects of the run's days and replaces the rows of these days.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import dagster as dg

from assets.factory.outcome import Events, asset_key, events, origin_of
from assets.factory.partition_rows import rows_in_range
from assets.factory.quarantine import quarantined
from assets.factory.specs import table_spec
from assets.factory.table_step import WAREHOUSE, table_step
from assets.meetup.arrivals import RAW_EVENTS, day_of, event_objects
from assets.meetup.lineage import LINEAGE
from assets.meetup.partitions import DAY, EVENT_DAYS, days_of
from assets.meetup.raw_assets import LAKE, MEETUP_EVENTS
from assets.meetup.tables import EVENTS, LOCAL_DATE
from resources.lake.model import Lake
from resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from resources.warehouse.table import Table
from resources.warehouse.windows import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from assets.meetup.reading import Reading

CODE_VERSION = "1"
RECONCILE = "records_reconcile"
_OF_EVENTS = "Every record of the objects is in the table, in quarantine, or stands under an earlier day as well."
_OF_VENUES = "Every venue that the events name is in the table, or stands under an earlier day as well."


def staged_events_asset(table: Table) -> dg.AssetsDefinition:
    """The asset that makes the rows of some days of `EVENTS` or of `VENUES`."""
    reconcile = dg.AssetCheckSpec(
        RECONCILE, asset=asset_key(table.key), description=_OF_EVENTS if table is EVENTS else _OF_VENUES
    )

    @table_step(
        table,
        table_spec(
            table,
            domain="meetup",
            deps=[MEETUP_EVENTS],
            kinds=("json",),
            source=Path(__file__).with_name("tables.py"),
            code_version=CODE_VERSION,
            partitions=EVENT_DAYS,
            automation=None,
        ),
        resources=(LAKE,),
        checks=(reconcile,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse = cast("Warehouse", getattr(context.resources, WAREHOUSE))
        lake = cast("Lake", getattr(context.resources, LAKE))
        first, last = days_of(context)
        made: list[tuple[Mapping[str, date], Reading]] = []

        def write() -> WriteReport:
            report, objects, reading = load_days(warehouse, lake, table, first, last, origin_of(context, table))
            made.append((objects, reading))
            return report

        def reconciled(report: WriteReport) -> list[dg.AssetCheckResult]:
            objects, reading = made[0]
            rejected = quarantined(warehouse, MEETUP_EVENTS, objects) if table is EVENTS else 0
            wanted = reading.records if table is EVENTS else reading.rows
            return [
                dg.AssetCheckResult(
                    passed=wanted == report.rows + report.duplicates + rejected,
                    asset_key=asset_key(table.key),
                    check_name=RECONCILE,
                    metadata={
                        "read": wanted,
                        "loaded": report.rows,
                        "rejected": rejected,
                        "under another day": report.duplicates,
                    },
                )
            ]

        yield from events(
            context,
            table,
            write,
            partition_rows=lambda: rows_in_range(
                warehouse, table, Range(LOCAL_DATE, first, last + DAY), "day", EVENT_DAYS.fmt, origin_of(context, table)
            ),
            lineage=LINEAGE[table.key],
            more_checks=reconciled,
            metadata=lambda _: {
                "days": (last - first).days + 1,
                "days not pulled yet": (last - first).days + 1 - len(made[0][0]),
            },
        )

    return run


def load_days(
    warehouse: Warehouse, lake: Lake, table: Table, first: date, last: date, origin: Origin = NOBODY
) -> "tuple[WriteReport, Mapping[str, date], Reading]":
    """Replace the rows of some days, both ends included; also the objects that they have, and what was read of them.

    What does not fit goes to quarantine with the events, not with their venues.

    Raises:
        TributaryError: the lake or the warehouse refused; the old rows stay.
    """
    from assets.meetup.event_rows import event_rows
    from assets.meetup.reading import Reading, batches, read_objects

    objects = {found.key: day for day, found in event_objects(lake, first, last)}
    reading = Reading()

    def rows() -> "Iterator[pa.RecordBatch]":
        found = read_objects(lake, objects, event_rows, "event_id", reading, of_parts=table is not EVENTS)
        yield from batches(table, found)
        if table is EVENTS:
            # Before the rows are published: killed in between, both are done again.
            warehouse.reject(MEETUP_EVENTS, reading.rejected, origin)

    window = Range(LOCAL_DATE, first, last + DAY)
    return warehouse.replace(table, Batches(rows()), window=window, origin=origin), objects, reading


def days_of_sources(sources: Sequence[str]) -> list[date]:
    """The days whose objects these are."""
    return sorted(day for day in (day_of(source, RAW_EVENTS) for source in sources) if day is not None)
