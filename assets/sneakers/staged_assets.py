"""The staged assets of the sneakers domain: events, loaded object by object, and the app's state, replaced whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from tributary.assets.factory.loading import LAKE, loading_of
from tributary.assets.factory.outcome import Events, events
from tributary.assets.factory.quarantine import quarantined
from tributary.assets.factory.specs import table_spec
from tributary.assets.factory.table_step import table_step
from tributary.assets.sneakers.arrivals import RAW, span_of
from tributary.assets.sneakers.lineage import LINEAGE
from tributary.assets.sneakers.raw_assets import SNEAKER_EVENTS, SNEAKER_STATE
from tributary.assets.sneakers.tables import EVENTS, SOURCE_OBJECT
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY, Batches, Origin, Warehouse, WriteReport
from tributary.resources.warehouse.counting import Reckoning
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.windows import Sources

if TYPE_CHECKING:
    import pyarrow as pa

    from tributary.assets.sneakers.loading import Reading

CODE_VERSION = "2"
"""Another one reads every object again."""


def staged_events_asset() -> dg.AssetsDefinition:
    """The asset that loads the objects which were not loaded yet; what does not fit goes to quarantine."""

    @table_step(
        EVENTS,
        table_spec(
            EVENTS,
            domain="sneakers",
            deps=[SNEAKER_EVENTS],
            kinds=("json",),
            source=Path(__file__).with_name("tables.py"),
            code_version=CODE_VERSION,
            automation=None,
        ),
        resources=(LAKE,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, force, replay = loading_of(context, EVENTS)
        read: list[Reading] = []

        def write() -> WriteReport:
            report, reading = load_events(warehouse, lake, origin=origin, force=force, replay=replay)
            read.append(reading)
            return report

        yield from events(
            context,
            EVENTS,
            write,
            lineage=LINEAGE[EVENTS.key],
            metadata=lambda _: {"objects loaded now": len(read[0].rows)},
        )

    return run


def load_events(
    warehouse: Warehouse, lake: Lake, *, origin: Origin = NOBODY, force: bool = False, replay: bool = False
) -> tuple[WriteReport, "Reading"]:
    """Load the objects that were not loaded yet, and tell what was read of them.

    With `replay` those with rejected records are loaded again; with `force` all are, and rows of objects that the
    lake does not hold any more go.

    Raises:
        TributaryError: the lake or the warehouse refused; the old rows stay.
    """
    from tributary.assets.sneakers.loading import Reading, read_events

    prints = {
        one.key: f"{CODE_VERSION} {one.etag or one.size}" for one in lake.list(RAW) if span_of(one.key) is not None
    }
    again = {found.source for found in warehouse.rejected(SNEAKER_EVENTS)} if replay else set()
    loaded = warehouse.published_sources(EVENTS)
    changed = {key: told for key, told in prints.items() if force or key in again or loaded.get(key) != told}
    gone = sorted(loaded.keys() - prints.keys()) if force else []
    reading = Reading()

    def rows() -> "Iterator[pa.RecordBatch]":
        yield from read_events(lake, list(changed), reading)
        # Before the rows are published and their objects count as loaded: killed in between, both are done again.
        warehouse.reject(SNEAKER_EVENTS, {**dict.fromkeys(gone, ()), **reading.rejected}, origin)

    def reckoned() -> Reckoning:
        rejected = quarantined(warehouse, SNEAKER_EVENTS, reading.rows)
        return Reckoning(reading.records, rejected, reading.reasons)

    source, window = Batches(rows(), reckoned), Sources(SOURCE_OBJECT, (*gone, *changed))
    return warehouse.replace(EVENTS, source, window=window, fingerprints=changed, origin=origin), reading


def staged_state_asset(name: str, table: Table) -> dg.AssetsDefinition:
    """The asset that holds the current snapshot of one of the app's state tables, by its name in the app."""

    @table_step(
        table,
        table_spec(
            table,
            domain="sneakers",
            deps=[SNEAKER_STATE],
            kinds=("json",),
            source=Path(__file__).with_name("tables.py"),
            code_version=CODE_VERSION,
            automation=None,
        ),
        resources=(LAKE,),
    )
    def run(context: dg.AssetExecutionContext) -> Events:
        warehouse, lake, origin, *_ = loading_of(context, table)

        def write() -> WriteReport:
            return load_state(warehouse, lake, name, table, origin)

        yield from events(context, table, write, lineage=LINEAGE[table.key], metadata=_unchanged)

    return run


def load_state(warehouse: Warehouse, lake: Lake, name: str, table: Table, origin: Origin = NOBODY) -> WriteReport:
    """Replace the rows by those of the current snapshot of a state table.

    Raises:
        TributaryError: the lake has not the snapshot as it was taken, or the warehouse refused; the old rows stay.
    """
    from tributary.assets.sneakers.loading import read_state
    from tributary.assets.sneakers.state import read_manifest

    manifest = read_manifest(lake, name)
    read = Reckoning(0 if manifest is None else manifest.rows)
    return warehouse.replace(table, Batches(read_state(lake, manifest, table), lambda: read), origin=origin)


def _unchanged(report: WriteReport) -> Mapping[str, bool]:
    return {"unchanged": report.unchanged}
