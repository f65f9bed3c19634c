"""Users who are erased: the list of them in the lake, and what of an object it takes away.

A user's records are those that name one of their ids as who acts or is acted upon, and those that name nobody but a
browser of theirs. The list is applied whenever an object is read, so that no late delivery and no replay brings anybody
back; `sweep` takes the records out of the raw objects too.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tributary.assets.social.arrivals import RAW, hour_of
from tributary.resources.lake.model import Lake
from tributary.resources.segment.unpack import MAGIC, unpack

TOMBSTONES = "web-data/erased/"
"""One object a user, named by the digest of their id: whom the list keeps out it must name."""

_ACTORS = ("user_id", "user_id_recipient", "previous_id", "author_id")
_NAMED = r'"(?:user_id|userId|author|author_id|previousId)":"?(?:{})"?[,}}]'


class Tombstone(msgspec.Struct, frozen=True):
    """A user who is erased: every id that was theirs, and every browser or device."""

    user_id: str
    ids: tuple[str, ...]
    browsers: tuple[str, ...]


@dataclass(frozen=True)
class Erased:
    """All who are erased, together."""

    ids: frozenset[str] = frozenset()
    browsers: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.ids)

    def rows(self, table: pa.Table) -> pa.ChunkedArray | pa.Array:
        """Which rows of a staged table are theirs."""
        ids, browsers = pa.array(sorted(self.ids), pa.string()), pa.array(sorted(self.browsers), pa.string())
        theirs = pc.and_(pc.is_null(table["user_id"]), pc.is_in(table["anonymous_id"], browsers))
        for name in _ACTORS:
            if name in table.column_names:
                theirs = pc.or_(theirs, pc.is_in(table[name], ids))
        if "properties" in table.column_names:
            pattern = _NAMED.format("|".join(map(re.escape, sorted(self.ids))))
            named = pc.fill_null(pc.match_substring_regex(table["properties"], pattern), fill_value=False)
            theirs = pc.or_(theirs, named)
        return theirs

    def names(self, raw: bytes) -> bool:
        """Whether a record that is no row may be theirs: it holds one of the ids, as bytes."""
        return any(one.encode() in raw for one in (*self.ids, *self.browsers))


def read_erased(lake: Lake) -> Erased:
    """All who are on the list.

    Raises:
        LakeError: the lake cannot be read.
    """
    found = list(_tombstones(lake))
    return Erased(
        frozenset(one for stone in found for one in stone.ids),
        frozenset(one for stone in found for one in stone.browsers),
    )


def entomb(lake: Lake, user_id: str, ids: Iterable[str], browsers: Iterable[str]) -> Tombstone:
    """Put a user on the list, or add ids to what it holds of them; once there, nobody leaves it by this.

    Raises:
        LakeError: the lake cannot be written.
    """
    key = f"{TOMBSTONES}{hashlib.sha256(user_id.encode()).hexdigest()}.json"
    known = next((one for one in _tombstones(lake, key)), Tombstone(user_id, (user_id,), ()))
    stone = Tombstone(user_id, tuple(sorted({*known.ids, user_id, *ids})), tuple(sorted({*known.browsers, *browsers})))
    lake.put(key, msgspec.json.encode(stone))
    return stone


def sweep(lake: Lake, erased: Erased) -> Iterator[str]:
    """Rewrite every raw object that holds records of theirs, without these; the keys of those that were rewritten.

    What is made of an object is put before the object itself, under a receipt that matches none, and under the right
    one after it: whatever a crash leaves, Parquet files lack their rows, and the sweep finds what is left to do.
    Swept twice, nothing is left to do.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    from tributary.assets.social.events.transform import transform
    from tributary.assets.social.events.writing import write

    for found in lake.list(RAW):
        if hour_of(found.key) is None:
            continue
        data = lake.get(found.key)
        kept = redacted(found.key, data, erased)
        if kept is not None:
            made = transform(found.key, kept, erased)
            write(lake, found.key, None, made)
            write(lake, found.key, lake.put(found.key, kept).etag, made)
            yield found.key


def redacted(source_object: str, data: bytes, erased: Erased) -> bytes | None:
    """An object without their records, packed as it was; None where it holds none. Other bytes stay as they are."""
    from tributary.assets.social.events.transform import transform
    from tributary.resources.segment.records import read_records

    plain = unpack(data).data
    if not erased or not (b"\\" in plain or erased.names(plain)):
        return None
    records = read_records(data)
    ends = dict(zip(records.starts, records.ends, strict=True))
    whole = transform(source_object, data)
    gone = {start: ends[start] for start in _starts(whole.tables, erased)}
    for bad in whole.rejected:
        end = bad.offset + len(bad.raw)
        if erased.names(bad.raw) and plain[bad.offset : end] == bad.raw:
            gone[bad.offset] = end
    if not gone:
        return None
    kept, at = [], 0
    for start, end in sorted(gone.items()):
        kept.append(plain[at:start])
        at = end
    rest = b"".join([*kept, plain[at:]])
    return gzip.compress(rest, mtime=0) if data.startswith(MAGIC) else rest


def _starts(tables: Mapping[str, Any], erased: Erased) -> list[int]:
    """Where the records begin whose rows are theirs."""
    return [
        start for table in tables.values() for start in table.filter(erased.rows(table))["record_offset"].to_pylist()
    ]


def _tombstones(lake: Lake, prefix: str = TOMBSTONES) -> Iterator[Tombstone]:
    for _, data in lake.get_many([found.key for found in lake.list(prefix)]):
        yield msgspec.json.decode(data, type=Tombstone)
