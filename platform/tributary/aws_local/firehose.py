"""What Firehose does from a Kinesis stream to a bucket, which moto lacks: gzip objects of a line a record, by hours.

Its settings are those that the lake asks of a real one: a newline behind each record, GZIP, and the prefix
`web-data/raw/!{timestamp:yyyy/MM/dd/HH}/` in UTC, by the arrival of an object's first record.
https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

from __future__ import annotations

import gzip
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from tributary.resources.stream.naming import ObjectName

SUFFIX = ".gz"
"""What Firehose puts behind the names of objects that it compresses."""

_POLL_SECONDS = 0.5
_READ_AT_ONCE = 10_000

_logger = logging.getLogger(__name__)


@dataclass
class _Buffer:
    """The records of one hour that become an object: when the first arrived, and since when they wait here."""

    arrived: datetime
    since: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def hour(self) -> datetime:
        return self.arrived.replace(minute=0, second=0, microsecond=0)


class Firehose:
    """Delivers the stream's records from its beginning on, at least once, while it is entered.

    Args:
        kinesis: a client of boto3's.
        s3: a client of boto3's.
        stream: the Kinesis stream's name.
        bucket: where objects go.
        prefix: what stands before `web-data/` in their keys: empty, or ending in a slash.
        seconds: records wait this long at most.
        size: bytes of records that become an object at once.
    """

    def __init__(
        self,
        kinesis: Any,
        s3: Any,
        stream: str,
        bucket: str,
        prefix: str = "",
        *,
        seconds: float = 60.0,
        size: int = 5_000_000,
    ) -> None:
        self._kinesis, self._s3 = kinesis, s3
        self._stream, self._bucket, self._prefix = stream, bucket, prefix
        self._seconds, self._size = seconds, size
        self._iterators: dict[str, str | None] = {}
        self._buffer: _Buffer | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="firehose", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Deliver what waits, and end."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                if not self._pump():
                    self._ended.wait(_POLL_SECONDS)
            except (ClientError, BotoCoreError) as error:
                _logger.warning("The stream %s waits to be delivered: %s", self._stream, error)
                self._ended.wait(_POLL_SECONDS)
        try:
            while self._pump():
                pass
            self._deliver()
        except (ClientError, BotoCoreError) as error:
            _logger.warning("Not all of the stream %s was delivered: %s", self._stream, error)

    def _pump(self) -> bool:
        """Read all shards once, and deliver what is due; whether there was anything."""
        for shard in self._kinesis.list_shards(StreamName=self._stream)["Shards"]:
            if shard["ShardId"] not in self._iterators:
                asked = {"StreamName": self._stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
                self._iterators[shard["ShardId"]] = self._kinesis.get_shard_iterator(**asked)["ShardIterator"]
        read = False
        for shard_id, iterator in self._iterators.items():
            if iterator is None:
                continue
            answer = self._kinesis.get_records(ShardIterator=iterator, Limit=_READ_AT_ONCE)
            self._take(answer["Records"])
            self._iterators[shard_id] = answer.get("NextShardIterator")
            read = read or bool(answer["Records"])
        if self._buffer is not None and time.monotonic() - self._buffer.since >= self._seconds:
            self._deliver()
        return read

    def _take(self, records: Sequence[Any]) -> None:
        for record in records:
            arrived = record["ApproximateArrivalTimestamp"].astimezone(UTC)
            if self._buffer is not None and arrived.replace(minute=0, second=0, microsecond=0) != self._buffer.hour:
                self._deliver()
            if self._buffer is None:
                self._buffer = _Buffer(arrived, time.monotonic())
            self._buffer.lines += (record["Data"], b"\n")
            self._buffer.size += len(record["Data"])
            if self._buffer.size >= self._size:
                self._deliver()

    def _deliver(self) -> None:
        buffer = self._buffer
        if buffer is None:
            return
        key = f"{self._prefix}{ObjectName(self._stream, buffer.arrived, uuid4()).key}{SUFFIX}"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=gzip.compress(b"".join(buffer.lines), 6))
        self._buffer = None
