"""What an event stream is: the interface of every engine, and the record that goes through it.

What a record means belongs to those who put it and to those who read the lake, not here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tributary.resources.stream.errors import RecordTooLargeError

MAX_RECORD_BYTES = 1_000_000
"""A record with its partition key; what Kinesis and Firehose take without asking for more."""


class Record(NamedTuple):
    """One event: its bytes as they shall stand in the lake, and the key whose records stay in order of arrival.

    Kinesis keeps that order within a shard only while no call is repeated; readers sort by the events' own times.
    """

    data: bytes
    partition_key: str


class EventStream(ABC):
    """Where events go in and, some seconds or minutes later, come out as objects in the lake.

    Delivery is at least once: what `put` returned for is delivered, and a record may be delivered more than once.
    """

    @abstractmethod
    def put(self, records: Sequence[Record]) -> None:
        """Take the records, and return once all are durable. May be called by many threads at a time; it blocks.

        Raises:
            RecordTooLargeError: a record is above `MAX_RECORD_BYTES`; nothing was put.
            StreamError: not all are durable; its `retryable` says whether to put all of them again.
        """

    @abstractmethod
    def close(self) -> None:
        """Refuse further records, pass on what can be passed on now, and free the stream. May be called again."""


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
