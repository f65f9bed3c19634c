"""Receipts: what was written of an object, from which version of it, by which version of the code.

An object is done where its receipt is there and matches; nothing else is asked. A receipt is put last, so what it names
is in the lake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from assets.social.events.places import receipts_prefix
from assets.social.events.version import CODE_VERSION
from resources.lake.model import Lake, ObjectInfo


class Written(msgspec.Struct, frozen=True):
    """One Parquet object: its key, its rows, its size in bytes and its etag in the lake."""

    key: str
    rows: int
    bytes: int
    etag: str | None


class Receipt(msgspec.Struct, frozen=True):
    """What was made of `source`, of the version `etag`; `tables` by key, such as `staged.social_posts`.

    `records` counts all, of which `rejected` were no rows.
    """

    source: str
    etag: str | None
    code_version: str
    tables: dict[str, Written]
    records: int
    rejected: int

    def dumps(self) -> bytes:
        """As JSON, one text for one receipt."""
        return msgspec.json.format(_ENCODER.encode(self), indent=1) + b"\n"


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Receipt)


def is_done(receipt: Receipt | None, found: ObjectInfo) -> bool:
    """Whether the object that the lake shows now was transformed as this code would do it."""
    return (
        receipt is not None
        and receipt.source == found.key
        and receipt.etag == found.etag
        and receipt.code_version == CODE_VERSION
    )


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
