"""The staged assets of the meetup domain that have no days of events: groups and their topics, snapshot by snapshot.

Only snapshots that are new, or were replaced since, are loaded.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.outcome import Events, events
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.meetup.arrivals import RAW_GROUPS, day_of, snapshots
from tributary.assets.meetup.lineage import LINEAGE
from tributary.assets.meetup.raw_assets import MEETUP_GROUPS
from tributary.assets.meetup.tables import GROUPS, SOURCE_OBJECT
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tributary.assets.meetup.reading import Reading

CODE_VERSION = "2"
"""Another one reads every snapshot again."""


def staged_groups_asset(table: Table) -> dg.AssetsDefinition:
    """The asset that loads the snapshots into `GROUPS` or `GROUP_TOPICS`."""

    @table_step(
        table,
        table_spec(
            table,
            domain="meetup",
            deps=[MEETUP_GROUPS],
            kinds=("json",),
            source=Path(__file__).with_name("tables.py"),
            code_version=CODE_VERSION,
            automation=None,
        ),
        resources=(LAKE,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, force, replay = loading_of(context, table)
        read: list[Reading] = []

        def write() -> WriteReport:
            report, reading = load_snapshots(warehouse, lake, table, origin=origin, force=force, replay=replay)
            read.append(reading)
            return report

        yield from events(
            context,
            table,
            write,
            lineage=LINEAGE[table.key],
            metadata=lambda _: {"snapshots loaded now": len(read[0].rejected)},
        )

    return run


def load_snapshots(
    warehouse: Warehouse,
    lake: Lake,
    table: Table,
    *,
    origin: Origin = NOBODY,
    force: bool = False,
    replay: bool = False,
) -> "tuple[WriteReport, Reading]":
    """Load the snapshots that were not loaded yet as they lie there now, and tell what was read of them.

    With `replay` those with rejected records are loaded again too; with `force` all of them.

    Raises:
        TributaryError: the lake or the warehouse refused; the old rows stay.
    """
    from tributary.assets.meetup.group_rows import group_rows, topics_of
    from tributary.assets.meetup.reading import Reading, read_objects
    from tributary.resources.warehouse.arrow import batches

    prints = {one.key: f"{CODE_VERSION} {one.etag or one.size}" for one in snapshots(lake)}
    again = {found.source for found in warehouse.rejected(MEETUP_GROUPS)} if replay else set()
    loaded: Mapping[str, str] = {} if force else warehouse.published_sources(table, list(prints))
    changed = {key: told for key, told in prints.items() if key in again or loaded.get(key) != told}
    objects = {key: _day(key) for key in changed}
    of_parts = table is not GROUPS
    reading = Reading()

    def rows() -> "Iterator[pa.RecordBatch]":
        found = read_objects(lake, objects, group_rows, topics_of, "group_id", reading, of_parts=of_parts)
        yield from batches(table, found)
        if table is GROUPS:
            # Before the rows are published: killed in between, both are done again.
            warehouse.reject(MEETUP_GROUPS, reading.rejected, origin)

    window = Sources(SOURCE_OBJECT, tuple(changed))
    source = Batches(rows(), lambda: reading.reckoning(of_parts=of_parts))
    report = warehouse.replace(table, source, window=window, fingerprints=changed, origin=origin)
    return report, reading


def _day(key: str) -> date:
    day = day_of(key, RAW_GROUPS)
    assert day is not None  # noqa: S101 - only such objects are listed
    return day
