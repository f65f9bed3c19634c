"""Puts what was made of an object into the lake, so that doing it again, after any crash, gives the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tributary.assets.social.events.parquet import parquet_bytes
from tributary.assets.social.events.places import place_of
from tributary.assets.social.events.receipts import Receipt, Written
from tributary.assets.social.events.transform import Transformed
from tributary.assets.social.events.version import CODE_VERSION
from tributary.assets.social.tables import TABLES
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.lake.parallel import in_order

THREADS = 8
"""Objects written at the same time: a write waits for the disk or the network far longer than it works."""


def write(lake: Lake, source_object: str, etag: str | None, transformed: Transformed) -> Receipt:
    """Put a Parquet object for each table with rows, remove those of tables that have none any more, then the receipt.

    `etag` is that of the version of the source object that was transformed. Every key follows from the source object's.

    Raises:
        EventPlaceError: the source object's key is not that of an event object.
        LakeError: the lake did not take something; the receipt is then missing or the old one.
    """
    place = place_of(source_object)
    written: dict[str, Written] = {}
    for table in TABLES:
        key, rows = place.table_key(table), transformed.tables.get(table.key)
        if rows is not None:
            data = parquet_bytes(rows)
            written[table.key] = Written(key, rows.num_rows, len(data), lake.put(key, data).etag)
        elif lake.head(key) is not None:
            # No other key begins with this one: `place_of` sees to that.
            lake.delete_prefix(key)
    rejected = len(transformed.rejected)
    receipt = Receipt(source_object, etag, CODE_VERSION, written, transformed.records, rejected, transformed.erased)
    lake.put(place.receipt_key, receipt.dumps())
    return receipt


def write_many(
    lake: Lake, made: Iterable[tuple[ObjectInfo, Transformed]], *, threads: int = THREADS
) -> Iterator[tuple[ObjectInfo, Receipt]]:
    """`write` for each object, several at a time, with the receipts in order; at most twice `threads` are held.

    `made` is what `transform_many` gives, and is worked on meanwhile. Where one fails, those before it are done, and of
    those after it some may be; a receipt says which.

    Raises:
        EventPlaceError, LakeError: as `write`, in the object's turn; and whatever `made` raises.
    """

    def one(pair: tuple[ObjectInfo, Transformed]) -> tuple[ObjectInfo, Receipt]:
        info, transformed = pair
        return info, write(lake, info.key, info.etag, transformed)

    return in_order(one, made, threads=threads, ahead=2 * threads)
