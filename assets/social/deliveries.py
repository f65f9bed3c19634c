"""Which other objects hold a message that an object held when it was loaded, and holds no more.

Of several deliveries of a message a table keeps one. When that one's object is rewritten without it, another delivery
must take its place in the same write, so its object is loaded again along with the rewritten one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tributary.assets.social.events.parquet import read_files
from tributary.assets.social.events.places import place_of
from tributary.assets.social.events.receipts import Written, receipts_of
from tributary.assets.social.tables import MESSAGE_ID, SOURCE_OBJECT
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import Warehouse
from tributary.resources.warehouse.table import Table

Files = Mapping[str, Written | None]
"""By source object, the table's Parquet file; None where the object holds no row of the table."""


def with_other_deliveries(
    lake: Lake, warehouse: Warehouse, table: Table, changed: Files, known: Mapping[str, str]
) -> Files:
    """The files to load, and those of other objects that hold what these objects have lost.

    `known` are the fingerprints under which objects among them are loaded already.
    """
    if not any(known.get(source) for source in changed):
        return changed
    loaded = warehouse.published_sources(table)
    wanted = dict(changed)
    # Objects that are loaded again may have lost messages themselves.
    while lost := _standing(warehouse, table, [*wanted.keys() & loaded.keys()]) - _given(lake, wanted.values()):
        found = _holding(lake, table, lost, _with_rows_left_out(warehouse, table, loaded, wanted))
        if not found:
            break
        wanted |= found
    return wanted


def _standing(warehouse: Warehouse, table: Table, sources: list[str]) -> set[str]:
    """The messages of which the table keeps the delivery by these objects."""
    if not sources:
        return set()
    places = ", ".join(["%s"] * len(sources))
    rows = warehouse.rows(f"SELECT {MESSAGE_ID} FROM {table.sql_name} WHERE {SOURCE_OBJECT} IN ({places})", sources)
    return {row[MESSAGE_ID] for row in rows}


def _given(lake: Lake, files: Iterable[Written | None]) -> set[str]:
    return {message for _, messages in _messages(lake, files) for message in messages}


def _with_rows_left_out(warehouse: Warehouse, table: Table, loaded: Mapping[str, str], but: Files) -> list[str]:
    """The objects of which the table keeps fewer rows than their files held."""
    counted = warehouse.rows(f"SELECT {SOURCE_OBJECT} AS source, count(*) AS n FROM {table.sql_name} GROUP BY 1")
    kept = {row["source"]: row["n"] for row in counted}
    return [
        source
        for source, fingerprint in loaded.items()
        if source not in but and kept.get(source, 0) < int(fingerprint.rpartition(":")[2] or 0)
    ]


def _holding(lake: Lake, table: Table, lost: set[str], sources: list[str]) -> Files:
    receipts = receipts_of(lake, [place_of(source).receipt_key for source in sources])
    files = {source: receipt.tables.get(table.key) for source, receipt in receipts.items()}
    holding = {key for key, messages in _messages(lake, files.values()) if not lost.isdisjoint(messages)}
    return {source: file for source, file in files.items() if file is not None and file.key in holding}


def _messages(lake: Lake, files: Iterable[Written | None]) -> Iterable[tuple[str, list[str]]]:
    """The messages in each file, by its key."""
    for key, rows in read_files(lake, [file.key for file in files if file is not None], [MESSAGE_ID]):
        yield key, rows[MESSAGE_ID].to_pylist()
