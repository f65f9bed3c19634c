"""What holds for the records of every engine: their largest size."""

from __future__ import annotations

from collections.abc import Iterable

from tributary.resources.stream.errors import RecordTooLargeError
from tributary.resources.stream.model import MAX_RECORD_BYTES, Record


def size_of(record: Record) -> int:
    """Bytes of a record as a stream counts them: its data and its partition key."""
    return len(record.data) + len(record.partition_key.encode())


def check_sizes(records: Iterable[Record]) -> None:
    """Refuse records that no stream takes.

    Raises:
        RecordTooLargeError: naming the first one by its place.
    """
    for place, record in enumerate(records):
        if (size := size_of(record)) > MAX_RECORD_BYTES:
            raise RecordTooLargeError(
                f"Record {place} has {size} bytes, above the {MAX_RECORD_BYTES} that a stream takes; make it smaller."
            )
