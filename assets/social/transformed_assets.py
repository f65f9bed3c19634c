"""The transformed asset of the source `social`: each event object's records as typed Parquet, one file a table.

Records that fit no table go to quarantine. An object is done when its receipt lies in the lake; what is done is left
alone, so that a run over any hours does only what is missing.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from tributary.assets.factory.dagster_events import REJECTED, asset_key
from tributary.assets.factory.object_step import Told, object_step, warning
from tributary.assets.factory.partition_rows import row_counts
from tributary.assets.factory.quarantine import quarantined
from tributary.assets.factory.specs import FORCE, REPLAY, object_spec
from tributary.assets.social.arrivals import SOCIAL_EVENTS, TRANSFORMED_EVENTS, hour_of, hour_path, objects_from
from tributary.assets.social.partitions import ARRIVAL_HOURS, hours_between, hours_of, key_of
from tributary.resources.dagster_internals.assets import tell_partitions
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.warehouse.base import Origin
from tributary.resources.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from tributary.assets.social.events.receipts import Receipt

RECORDS_RECONCILE = "records_reconcile"
NO_REJECTS = "no_rejects"
BATCH = 64
"""Objects whose bad records go to quarantine in one transaction."""


def transformed_events_asset(code_version: str) -> dg.AssetsDefinition:
    """The asset that transforms the objects of some hours; `code_version` tells the reader's code apart."""
    spec = object_spec(
        TRANSFORMED_EVENTS,
        source="social",
        description="Each event object's records as typed Parquet (zstd) under `web-data/transformed/<table>/`, one "
        "file a table; its name follows from the object's, so that a repeated run overwrites and never adds. Records "
        "that fit no table are in `quarantine.rejected_rows` under `raw.json_social_events`.",
        kinds=("parquet", "python"),
        defined_in=Path(__file__),
        code_version=code_version,
        deps=(SOCIAL_EVENTS,),
        partitions=ARRIVAL_HOURS,
    )
    reconcile = dg.AssetCheckSpec(
        RECORDS_RECONCILE,
        asset=asset_key(TRANSFORMED_EVENTS),
        description="Every record of the objects is in a Parquet file, in quarantine, or of a user who is erased: "
        "records = rows + rejected + erased.",
        blocking=True,
    )
    none_rejected = dg.AssetCheckSpec(
        NO_REJECTS,
        asset=asset_key(TRANSFORMED_EVENTS),
        description="No record of these hours' objects is in quarantine.rejected_rows under raw.json_social_events.",
    )

    @object_step(spec, checks=[reconcile, none_rejected])
    def run(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], warehouse: dg.ResourceParam[Warehouse]
    ) -> Told:
        start, end = hours_of(context)
        origin = Origin(run_id=context.run.run_id, asset=TRANSFORMED_EVENTS)
        force, replay = (context.run.tags.get(tag) == "true" for tag in (FORCE, REPLAY))
        from tributary.assets.social.events.receipts import is_done, read_receipts, sizes_of_files

        objects = list(objects_from(lake, start, end))
        known = read_receipts(lake, map(hour_path, hours_between(start, end)))
        files = sizes_of_files(lake, start, end)
        held = {found.source: found.count for found in warehouse.rejected(SOCIAL_EVENTS)}
        missing = [
            one
            for one in objects
            if force
            or not is_done(known.get(one.key), one, files)
            or known[one.key].rejected != held.get(one.key, 0)
            or (replay and known[one.key].rejected)
        ]
        made = {receipt.source: receipt for receipt in transform_objects(lake, warehouse, missing, origin)}
        receipts = [made.get(one.key) or known[one.key] for one in objects]
        yield from _counted(warehouse, receipts)
        tell_partitions(context, spec.key, row_counts(context.partition_keys, _rows_by_hour(receipts)))
        yield dg.MaterializeResult(asset_key=spec.key, metadata=_metadata(receipts, len(made)))

    return run


def transform_objects(
    lake: Lake, warehouse: Warehouse, objects: Sequence[ObjectInfo], origin: Origin
) -> "Iterator[Receipt]":
    """Transform objects and yield their receipts.

    Of each batch the bad records go first, then each object's Parquet files, then its receipt: killed anywhere, what
    has no receipt is made again, over what was there.
    """
    from tributary.assets.social.events.transform import transform_many
    from tributary.assets.social.events.writing import write_many

    transformed = transform_many(lake, objects)
    while batch := list(islice(transformed, BATCH)):
        warehouse.reject(SOCIAL_EVENTS, {found.key: one.rejected for found, one in batch}, origin)
        for _, receipt in write_many(lake, batch):
            yield receipt


def _counted(warehouse: Warehouse, receipts: "Sequence[Receipt]") -> Iterator[dg.AssetCheckResult]:
    """Compares what was read with what the quarantine holds, not with what the reader says it put there."""
    records = sum(receipt.records for receipt in receipts)
    rows = sum(table.rows for receipt in receipts for table in receipt.tables.values())
    erased = sum(receipt.erased for receipt in receipts)
    rejected = quarantined(warehouse, SOCIAL_EVENTS, (receipt.source for receipt in receipts))
    counts = {"records": records, "rows": rows, REJECTED: rejected, "erased": erased}
    key = asset_key(TRANSFORMED_EVENTS)
    yield dg.AssetCheckResult(
        passed=records == rows + rejected + erased, asset_key=key, check_name=RECORDS_RECONCILE, metadata=counts
    )
    yield warning(key, NO_REJECTS, not rejected, counts)


def _rows_by_hour(receipts: "Sequence[Receipt]") -> dict[str, int]:
    """The rows in the Parquet files of each hour's objects, by partition key."""
    found: dict[str, int] = {}
    for receipt in receipts:
        hour = hour_of(receipt.source)
        if hour is not None:
            rows = sum(table.rows for table in receipt.tables.values())
            found[key_of(hour)] = found.get(key_of(hour), 0) + rows
    return found


def _metadata(receipts: "Sequence[Receipt]", transformed: int) -> dict[str, Any]:
    tables: dict[str, int] = {}
    for receipt in receipts:
        for name, table in receipt.tables.items():
            tables[name] = tables.get(name, 0) + table.rows
    return {
        "objects": len(receipts),
        "objects transformed now": transformed,
        REJECTED: sum(receipt.rejected for receipt in receipts),
        "bytes": sum(table.bytes for receipt in receipts for table in receipt.tables.values()),
        **{f"rows: {name}": rows for name, rows in sorted(tables.items())},
    }
