"""How records are cut into calls of PutRecords, and what a call's failure means: whether it passes, or is a person's.

Limits: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html; kept at the sizes that every stream
takes, whatever it was configured for. Of an answer only error codes are passed on: its text may hold identifiers of an
account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import TypedDict

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, which is none of Python's
    HTTPClientError,
)

from tributary.resources.stream.errors import StreamAccessError
from tributary.resources.stream.model import Record, size_of

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


_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalFailureException",
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestTimeout",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
    }
)


def passing_reason(error: ClientError | BotoCoreError, stream: str) -> str:
    """The reason of a failure that may pass, for people.

    Raises:
        StreamAccessError: it will not pass by itself.
    """
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _PASSING or status >= 500 or status == 429:
            return code
    else:
        code = type(error).__name__
        if isinstance(error, ConnectionError | HTTPClientError):
            return code
    raise StreamAccessError(
        f"The Kinesis stream {stream} cannot be written to ({code}); check that it exists in the region that the "
        "settings name, and the AWS credentials in force."
    ) from None
