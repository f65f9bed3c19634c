"""Kinesis with a spool before it: events that it does not take in time wait on this machine's disk, and go on in order.

While anything waits, all that comes waits behind it, so that a service that is away or slow is asked by one thread and
not by every sender. The spool is the journal of `firehose`, whose frames hold whole records here: what was answered
for survives a kill, and the next process on the folder goes on with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tributary.resources.stream.errors import StreamBusyError, StreamFolderError
from tributary.resources.stream.firehose import FolderFirehose
from tributary.resources.stream.kinesis import KinesisStream
from tributary.resources.stream.model import EventStream, Record, check_sizes

SEAL_SECONDS = 1.0
SEAL_BYTES = 1_000_000
"""When a journal of the spool goes on: soon, and small, as all of one is sent again where a part was not taken."""

_LENGTHS = struct.Struct("<II")


class SpooledStream(EventStream):
    """The stream `kinesis`, with a spool in `folder` of `spool_bytes` at most; one process a folder at a time."""

    def __init__(self, kinesis: KinesisStream, folder: Path, stream: str, *, spool_bytes: int) -> None:
        """Open the spool, and begin to pass on what an earlier process left in it.

        Raises:
            StreamFolderError: another process uses the folder, or it cannot be used at all.
        """
        self._kinesis = kinesis
        self._spool = FolderFirehose(
            _Onwards(kinesis),
            folder,
            stream,
            buffer_seconds=SEAL_SECONDS,
            buffer_bytes=SEAL_BYTES,
            backlog_bytes=spool_bytes,
            awaited="Kinesis",
        )

    def put(self, records: Sequence[Record]) -> None:
        """See `EventStream.put`: in Kinesis, or on the disk.

        Raises:
            StreamAccessError: there is no such stream, or it may not be written to.
            StreamBusyError: the spool is full.
            StreamClosedError: the stream is closed.
            StreamUnavailableError: neither Kinesis nor the disk took the records.
        """
        check_sizes(records)
        if self._spool.is_empty:
            with suppress(StreamBusyError):  # none was sent
                records, _ = self._kinesis.offer(records)
        self._spool.keep([_packed(record) for record in records])

    def close(self) -> None:
        """See `EventStream.close`. What Kinesis does not take now is passed on by the next process on the folder."""
        self._spool.close()
        self._kinesis.close()


class _Onwards:
    """The way from the spool to Kinesis: a journal's records, in the order in which they came."""

    def __init__(self, kinesis: KinesisStream) -> None:
        self._kinesis = kinesis

    def put(self, _key: str, data: Iterator[bytes], /) -> None:
        for payload in data:
            self._kinesis.put(list(_unpacked(payload)))


def _packed(record: Record) -> bytes:
    key = record.partition_key.encode()
    return _LENGTHS.pack(len(key), len(record.data)) + key + record.data


def _unpacked(payload: bytes) -> Iterator[Record]:
    """The records of a frame.

    Raises:
        StreamFolderError: it holds something else.
    """
    at = 0
    while at < len(payload):
        start = at + _LENGTHS.size
        if start > len(payload):
            break
        key, data = _LENGTHS.unpack_from(payload, at)
        at = start + key + data
        if at > len(payload):
            break
        yield Record(payload[start + key : at], payload[start : start + key].decode())
    if at != len(payload):
        raise StreamFolderError("The spool holds what is none of its records; put its folder aside, and start again.")
