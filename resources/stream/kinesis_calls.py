"""How records are cut into calls of PutRecords, and what each looks like in one.

Limits: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html; kept at the sizes that every stream
takes, whatever it was configured for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TypedDict

from tributary.resources.stream.model import Record
from tributary.resources.stream.records import size_of

MAX_RECORDS = 500
MAX_BYTES = 5_000_000
MAX_KEY_CHARACTERS = 256


class Entry(TypedDict):
    """One record in a call."""

    Data: bytes
    PartitionKey: str


def calls_of(records: Sequence[Record]) -> Iterator[list[Entry]]:
    """The records in order, in calls as full as the limits allow."""
    entries: list[Entry] = []
    size = 0
    for record in records:
        added = size_of(record)
        if entries and (len(entries) == MAX_RECORDS or size + added > MAX_BYTES):
            yield entries
            entries, size = [], 0
        entries.append({"Data": record.data, "PartitionKey": partition_key(record.partition_key)})
        size += added
    if entries:
        yield entries


def partition_key(text: str) -> str:
    """The text where Kinesis takes it as a key, else a digest of it, which spreads and groups records as well."""
    return text if 0 < len(text) <= MAX_KEY_CHARACTERS else sha256(text.encode()).hexdigest()
