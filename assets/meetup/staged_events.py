"""The staged assets of the meetup domain that have days: events, and the venues that they name.

Each reads the raw objects of the run's days and replaces the rows of these days.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.outcome import Events, events
from tributary.assets.factory.partition_rows import rows_in_range
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.meetup.arrivals import RAW_EVENTS, UNDATED_EVENTS, day_of, event_objects
from tributary.assets.meetup.lineage import LINEAGE
from tributary.assets.meetup.partitions import DAY, EVENT_DAYS, days_of
from tributary.assets.meetup.raw_assets import MEETUP_EVENTS
from tributary.assets.meetup.tables import EVENTS, LOCAL_DATE
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tributary.assets.meetup.reading import Reading

CODE_VERSION = "2"


def staged_events_asset(table: Table) -> dg.AssetsDefinition:
    """The asset that makes the rows of some days of `EVENTS` or of `VENUES`."""

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
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, *_ = loading_of(context, table)
        first, last = days_of(context)
        made: list[tuple[Mapping[str, date], Reading]] = []

        def write() -> WriteReport:
            report, objects, reading = load_days(warehouse, lake, table, first, last, origin)
            made.append((objects, reading))
            return report

        yield from events(
            context,
            table,
            write,
            partition_rows=lambda: rows_in_range(
                warehouse, table, Range(LOCAL_DATE, first, last + DAY), "day", EVENT_DAYS.fmt, origin
            ),
            lineage=LINEAGE[table.key],
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
    from tributary.assets.meetup.event_rows import event_rows, venues_of
    from tributary.assets.meetup.reading import Reading, read_objects
    from tributary.resources.warehouse.arrow import batches

    objects = {found.key: day for day, found in event_objects(lake, first, last)}
    # Those of no day have no day on which they would be looked at: every run looks at them.
    undated = dict.fromkeys([UNDATED_EVENTS] if lake.head(UNDATED_EVENTS) is not None else [])
    of_parts = table is not EVENTS
    reading = Reading()

    def rows() -> "Iterator[pa.RecordBatch]":
        wanted = {**objects, **undated}
        found = read_objects(lake, wanted, event_rows, venues_of, "event_id", reading, of_parts=of_parts)
        yield from batches(table, found)
        if table is EVENTS:
            # Before the rows are published: killed in between, both are done again.
            warehouse.reject(MEETUP_EVENTS, reading.rejected, origin)

    window = Range(LOCAL_DATE, first, last + DAY)
    source = Batches(rows(), lambda: reading.reckoning(of_parts=of_parts))
    return warehouse.replace(table, source, window=window, origin=origin), objects, reading


def days_of_sources(sources: Sequence[str]) -> list[date]:
    """The days whose objects these are."""
    return sorted(day for day in (day_of(source, RAW_EVENTS) for source in sources) if day is not None)
