"""How the staged tables of the source `social` are made: of Parquet files, one an event object, told by their receipts.

A row is called by its event object, not by the file that was made of it. Of messages delivered twice the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Objects, SourceObject, Span
from tributary.assets.factory.reading import Content
from tributary.assets.social.arrivals import SOCIAL_EVENTS, TRANSFORMED_EVENTS, hour_of, hour_path
from tributary.assets.social.lineage import FIELDS
from tributary.assets.social.tables import RECORD_OFFSET, TABLES
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.table import Table

if TYPE_CHECKING:
    import dagster as dg

    from tributary.assets.social.events.receipts import Written

_ARRIVED = Expression("timestamp <= received_at", title="nothing_happens_after_its_arrival")


def object_of(source: str, file: Written | None) -> SourceObject:
    """An event object, of whose rows a table has this file; None where it has none of them."""
    if file is None:
        return SourceObject(source, "", "")
    return SourceObject(source, file.key, file.etag or "", file.bytes, records=file.rows)


def _hours() -> dg.TimeWindowPartitionsDefinition:
    from tributary.assets.social.partitions import ARRIVAL_HOURS

    return ARRIVAL_HOURS


def staged(table: Table) -> ObjectTable:
    """One of the tables."""

    def listed(lake: Lake, span: Span | None) -> Iterator[SourceObject]:
        from tributary.assets.social.events.receipts import read_receipts
        from tributary.assets.social.partitions import hours_between

        receipts = read_receipts(lake, map(hour_path, hours_between(*span)) if span is not None else ())
        return (object_of(source, receipt.tables.get(table.key)) for source, receipt in receipts.items())

    def named(lake: Lake, names: Sequence[str]) -> Iterator[SourceObject]:
        from tributary.assets.social.events.places import place_of
        from tributary.assets.social.events.receipts import receipts_of

        receipts = receipts_of(lake, [place_of(name).receipt_key for name in names])
        return (object_of(source, receipt.tables.get(table.key)) for source, receipt in receipts.items())

    def read(_: str, data: bytes) -> Content:
        from tributary.assets.social.events.parquet import read_rows

        rows = read_rows(data, table.column_names)
        return Content(rows, rows.num_rows)

    return ObjectTable(
        table=replace(table, checks=(*table.checks, _ARRIVED)),
        source="social",
        upstream=TRANSFORMED_EVENTS,
        objects=Objects(listed, _hours, hour_of, named),
        read=read,
        code_version="1",
        defined_in=str(Path(__file__).with_name("tables.py")),
        kinds=("parquet",),
        rejects=False,
        fields={**FIELDS[table.key], RECORD_OFFSET: ()},
        of=SOCIAL_EVENTS,
        mend=f"Materialise {TRANSFORMED_EVENTS} for its hour, which makes it again from raw.",
        follows=False,
    )


STAGED = tuple(staged(table) for table in TABLES)
