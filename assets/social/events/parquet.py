"""An Arrow table as the bytes of a Parquet object, the same bytes for the same rows, and such objects read again.

Types are those that Glue and Athena read without help: string, bigint, and timestamps in microseconds without a zone.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tributary.assets.factory.reading import NotWhole
from tributary.assets.social.event_types import EVENT_TYPES

LEVEL = 3
"""Of Zstandard: measured, the higher ones take up to four times as long and save next to nothing on such rows."""

FEW_ROWS = 1_000
"""Below this only wide columns are compressed: setting up the compression of a column costs more than it saves."""

_FIELDS = [field for one in EVENT_TYPES for field in one.fields]
_WIDE = {"message_id", "about_me", "traits", "properties", *(one.name for one in _FIELDS if one.kind == "text")}
# Where values come again and again. A dictionary of ids that are all different would only be in the way, and such are
# those that may be the message's.
_REPEATED = {
    *("user_id", "anonymous_id", "type", "event", "source_object"),
    *(one.name for one in _FIELDS if one.kind == "id" and "messageId" not in one.paths),
}


def parquet_bytes(table: pa.Table) -> bytes:
    """`table` as one Parquet object, compressed with Zstandard, without pandas' or Arrow's own metadata.

    Statistics are kept of `timestamp` alone: ids are spread over every object, so their bounds would exclude none.
    """
    few = table.num_rows < FEW_ROWS
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression={name: "none" if few and name not in _WIDE else "zstd" for name in table.column_names},
        compression_level={name: LEVEL for name in table.column_names if not few or name in _WIDE},
        use_dictionary=[name for name in table.column_names if name in _REPEATED],
        write_statistics=["timestamp"],
        coerce_timestamps="us",
        store_schema=False,
    )
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def read_rows(data: bytes, columns: Sequence[str]) -> pa.Table:
    """The columns of a Parquet object.

    Raises:
        NotWhole: it cannot be read.
    """
    try:
        return pq.read_table(pa.BufferReader(data), columns=list(columns))
    except (pa.ArrowException, OSError):
        raise NotWhole("it cannot be read as Parquet") from None
