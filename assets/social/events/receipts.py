"""Receipts: what was written of an object, from which version of it, by which version of the code.

An object is done where its receipt is there and matches, and the files that it names are there whole. A receipt is put
last, so what it names was in the lake; what was deleted or cut since is made again from the object.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from tributary.assets.social.arrivals import RAW, RECEIPTS, hour_path
from tributary.assets.social.events.places import SUFFIX, receipts_prefix, table_prefix
from tributary.assets.social.events.version import CODE_VERSION
from tributary.assets.social.tables import TABLES
from tributary.resources.lake.model import Lake, ObjectInfo
from tributary.resources.lake.versions import Unneeded


class Written(msgspec.Struct, frozen=True):
    """One Parquet object: its key, its rows, its size in bytes and its etag in the lake."""

    key: str
    rows: int
    bytes: int
    etag: str | None


class Receipt(msgspec.Struct, frozen=True):
    """What was made of `source`, of the version `etag`; `tables` by key, such as `staged.social_posts`.

    `records` counts all, of which `rejected` were no rows, and `erased` were of users who are erased.
    """

    source: str
    etag: str | None
    code_version: str
    tables: dict[str, Written]
    records: int
    rejected: int
    erased: int = 0

    def dumps(self) -> bytes:
        """As JSON, one text for one receipt."""
        return msgspec.json.format(_ENCODER.encode(self), indent=1) + b"\n"


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Receipt)


def is_done(receipt: Receipt | None, found: ObjectInfo, sizes: Mapping[str, int] | None = None) -> bool:
    """Whether the object that the lake shows now was transformed as this code would do it.

    With the `sizes` of the Parquet objects in the lake, by key, only where it has all that the receipt names.
    """
    return (
        receipt is not None
        and receipt.source == found.key
        and receipt.etag == found.etag
        and receipt.code_version == CODE_VERSION
        and (sizes is None or has_its_files(receipt, sizes))
    )


def has_its_files(receipt: Receipt, sizes: Mapping[str, int]) -> bool:
    """Whether every file that the receipt names has its size; by their etags a copied lake would have none of them."""
    return all(sizes.get(file.key) == file.bytes for file in receipt.tables.values())


def sizes_of_files(lake: Lake, start: datetime, end: datetime | None = None) -> dict[str, int]:
    """The sizes of the Parquet objects of the hours from `start` to, not including, `end`, by key.

    Raises:
        LakeError: the lake cannot be read.
    """
    sizes: dict[str, int] = {}
    for table in TABLES:
        prefix = table_prefix(table)
        stop = None if end is None else prefix + hour_path(end)
        for found in lake.list(prefix, after=prefix + hour_path(start)):
            if stop is not None and found.key >= stop:
                break
            sizes[found.key] = found.size
    return sizes


def receipts_of_nothing(lake: Lake) -> Iterator[Unneeded]:
    """The receipts of which nothing is left: neither the event object nor any file that was made of it.

    A receipt tells which files hold the rows of an object: it stays for as long as one of them does, also where the
    object itself has expired.

    Raises:
        LakeError: the lake cannot be read.
    """
    receipts = {found.key.removeprefix(RECEIPTS).removesuffix(".json"): found for found in lake.list(RECEIPTS)}
    for table in TABLES:
        prefix = table_prefix(table)
        for found in lake.list(prefix):
            receipts.pop(found.key.removeprefix(prefix).removesuffix(SUFFIX), None)
    for found in lake.list(RAW) if receipts else ():
        receipts.pop(found.key.removeprefix(RAW), None)
    for found in receipts.values():
        yield Unneeded(found.key, found.size, found.modified, "neither its object nor a file made of it is there")


def read_receipts(lake: Lake, hour_prefixes: Iterable[str]) -> Mapping[str, Receipt]:
    """The receipts of all objects that arrived in some hours (`2026/01/31/07/`), by source object.

    One that cannot be read as a receipt is none: its object is not done, and transforming it puts a new one.

    Raises:
        EventPlaceError: a prefix is no hour's.
        LakeError: the lake cannot be read.
    """
    return receipts_of(lake, [found.key for hour in hour_prefixes for found in lake.list(receipts_prefix(hour))])


def receipts_of(lake: Lake, keys: Sequence[str]) -> Mapping[str, Receipt]:
    """The receipts that lie under these keys, by source object; what cannot be read as one is none.

    Raises:
        LakeError: the lake cannot be read.
    """
    receipts: dict[str, Receipt] = {}
    for _, data in lake.get_many(keys):
        try:
            receipt = _DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        receipts[receipt.source] = receipt
    return receipts
