"""Which hours of the source `social` hold objects that were not made yet: for starts, commands and the sensor alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from tributary.assets.factory.loading import LAKE, WAREHOUSE
from tributary.assets.parts import KeyRange
from tributary.assets.social.arrivals import HOUR, RAW, RECEIPTS, hour_path, objects_from
from tributary.assets.social.partitions import first_hour, key_of
from tributary.assets.social.staged_assets import STAGED, object_of
from tributary.assets.social.tables import TABLES
from tributary.assets.social.watch import SWEEP_BACK, hours_of_keys, ranges_of
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.warehouse.warehouse import Warehouse


def due_hours(resources: Mapping[str, object], everything: bool) -> list[KeyRange]:
    """The ranges of hours with objects that are not settled; of all hours with objects where `everything` is asked."""
    lake, warehouse = cast("Lake", resources[LAKE]), cast("Warehouse", resources[WAREHOUSE])
    now = datetime.now(tz=UTC)
    arrived = list(objects_from(lake, first_hour(), now + HOUR))
    done = set() if everything else settled_since(lake, warehouse, first_hour(), now, arrived)
    hours: Collection[datetime] = hours_of_keys(found.key for found in arrived if found.key not in done)
    if not hours and not _all_are_there(warehouse):
        # Where nothing has arrived yet the tables are empty, not missing: others are made from them.
        hours = [now.replace(minute=0, second=0, microsecond=0)]
    return _key_ranges(hours)


def settled_since(
    lake: Lake, warehouse: Warehouse, start: datetime, now: datetime, arrived: Iterable[ObjectInfo] = ()
) -> set[str]:
    """The keys of the objects from the hour of `start` on that this code transformed, and that were loaded so.

    `arrived` are these objects as they lie there: one that was rewritten since is not settled. Of what arrived longer
    ago than a sweep goes back, the receipt's being there is enough: to read all of them would cost the more the older
    the bucket is.
    """
    from tributary.assets.social.events.receipts import has_its_files, receipts_of, sizes_of_files
    from tributary.assets.social.events.version import CODE_VERSION

    keys = [one.key for one in objects_from(lake, start, prefix=RECEIPTS)]
    recent = RECEIPTS + hour_path(now - SWEEP_BACK)
    settled = {_source_of(key) for key in keys}
    found = receipts_of(lake, [key for key in keys if key >= recent])
    sizes = sizes_of_files(lake, max(start, now - SWEEP_BACK)) if found else {}
    etags = {one.key: one.etag for one in arrived}
    receipts = {
        source: receipt
        for source, receipt in found.items()
        if receipt.code_version == CODE_VERSION
        and etags.get(source, receipt.etag) == receipt.etag
        and has_its_files(receipt, sizes)
    }
    settled -= {_source_of(key) for key in keys if key >= recent} - receipts.keys()
    for declared in STAGED:
        table = declared.table
        made = [
            object_of(source, receipt.tables[table.key])
            for source, receipt in receipts.items()
            if table.key in receipt.tables
        ]
        loaded = warehouse.published_sources(table, [one.name for one in made]) if made else {}
        settled -= {one.name for one in made if not declared.is_loaded(one, loaded.get(one.name))}
    return settled


def _all_are_there(warehouse: Warehouse) -> bool:
    places = ", ".join(["%s"] * len(TABLES))
    query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name IN ({places})"
    found = warehouse.rows(query, [TABLES[0].schema, *(table.name for table in TABLES)])
    return {row["table_name"] for row in found} == {table.name for table in TABLES}


def hours_of_sources(sources: Sequence[str]) -> list[KeyRange]:
    """The ranges of hours in which some objects arrived."""
    return _key_ranges(hours_of_keys(sources))


def _key_ranges(hours: Collection[datetime]) -> list[KeyRange]:
    return [KeyRange(key_of(first), key_of(last)) for first, last in ranges_of(hours)]


def _source_of(receipt: str) -> str:
    return RAW + receipt.removeprefix(RECEIPTS).removesuffix(".json")
