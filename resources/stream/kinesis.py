"""The event stream in Kinesis: a data stream, which Firehose reads and writes to the lake.

How records are cut into calls, and what their failures mean, is in `kinesis_calls`; where they wait while the service
is away, in `spooled`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from threading import BoundedSemaphore, Condition
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from tributary.resources.stream.errors import StreamBusyError, StreamClosedError, StreamUnavailableError
from tributary.resources.stream.kinesis_calls import calls_of, passing_reason
from tributary.resources.stream.model import EventStream, Record, check_sizes, size_of

if TYPE_CHECKING:
    from tributary.resources.stream.kinesis_calls import Entry

PATIENCE_SECONDS = 8.0
"""How long one call is repeated; senders wait for the answer meanwhile, and give up themselves after some 15 s."""

SPOOLED_PATIENCE_SECONDS = 2.0
"""The same where what is not taken has a spool to go to."""

CONCURRENCY = 4
"""Calls in flight at the same time."""

WAITING_BYTES = 32_000_000
"""Records that may be in flight or wait for their turn, before senders are told to slow down."""

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 2.0


class KinesisStream(EventStream):
    """The Kinesis data stream called `stream` in `region`, or in a service of the same protocol at `endpoint_url`.

    Credentials are found as AWS's own tools find them.
    """

    def __init__(
        self,
        stream: str,
        *,
        region: str,
        endpoint_url: str | None,
        patience_seconds: float = PATIENCE_SECONDS,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        self._stream, self._patience, self._most_waiting = stream, patience_seconds, waiting_bytes
        self._client: Any = Session().create_client(
            "kinesis",
            region_name=region,
            endpoint_url=endpoint_url,
            config=Config(
                connect_timeout=3,
                read_timeout=6,
                max_pool_connections=CONCURRENCY,
                # Repeated here instead, and then only what was not taken.
                retries={"total_max_attempts": 1},
            ),
        )
        self._turn = BoundedSemaphore(CONCURRENCY)
        self._changed = Condition()
        self._waiting = 0
        self._closed = False

    def put(self, records: Sequence[Record]) -> None:
        """See `EventStream.put`. Repeats what was not taken, with growing random pauses.

        Raises:
            StreamAccessError: there is no such stream, or credentials are missing or not permitted to write to it.
            StreamBusyError: too many records are under way.
            StreamClosedError: the stream is closed.
            StreamUnavailableError: `not_taken` of the records were not taken in time.
        """
        left, reason = self.offer(records)
        if left:
            raise StreamUnavailableError(
                f"The Kinesis stream {self._stream} did not take {len(left)} of {len(records)} records "
                f"({reason}); send them again later, and give the stream more shards if this lasts.",
                not_taken=len(left),
            )

    def offer(self, records: Sequence[Record]) -> tuple[Sequence[Record], str]:
        """As `put`, but for what was not taken in time: these records in their order, and the reason.

        Raises:
            StreamError: as `put` says, but for `StreamUnavailableError`.
        """
        check_sizes(records)
        size = sum(map(size_of, records))
        self._enter(size)
        try:
            done = 0
            for entries in calls_of(records):
                # Calls that hang must not hold up those behind them for longer than they would wait themselves.
                if not self._turn.acquire(timeout=self._patience):
                    return records[done:], "calls before take too long"
                try:
                    left, reason = self._send(entries)
                finally:
                    self._turn.release()
                done += len(entries)
                if left:
                    return [*(Record(one["Data"], one["PartitionKey"]) for one in left), *records[done:]], reason
            return (), ""
        finally:
            self._leave(size)

    def close(self) -> None:
        """See `EventStream.close`. Waits for the calls of other threads."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._waiting)
        self._client.close()

    def _enter(self, size: int) -> None:
        with self._changed:
            if self._closed:
                raise StreamClosedError("The event stream is closing; send the events again a little later.")
            # One call alone is always let through, however large.
            if self._waiting and self._waiting + size > self._most_waiting:
                raise StreamBusyError(
                    f"{self._waiting} bytes of events are on their way to Kinesis, which is as much as may; "
                    "send them again later."
                )
            self._waiting += size

    def _leave(self, size: int) -> None:
        with self._changed:
            self._waiting -= size
            self._changed.notify_all()

    def _send(self, entries: Sequence[Entry]) -> tuple[Sequence[Entry], str]:
        """The entries that were not taken in time, and why; none when all were."""
        end = time.monotonic() + self._patience
        longest = _FIRST_PAUSE
        while True:
            entries, reason = self._attempt(entries)
            # Random over the whole range, so that senders which failed together do not come back together.
            pause = random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing
            if not entries or time.monotonic() + pause > end:
                return entries, reason
            time.sleep(pause)
            longest = min(2 * longest, _LONGEST_PAUSE)

    def _attempt(self, entries: Sequence[Entry]) -> tuple[Sequence[Entry], str]:
        try:
            answer = self._client.put_records(StreamName=self._stream, Records=list(entries))
        except (ClientError, BotoCoreError) as error:
            return entries, passing_reason(error, self._stream)
        codes = [result.get("ErrorCode") for result in answer["Records"]]
        left = [entry for entry, code in zip(entries, codes, strict=True) if code]
        return left, next(filter(None, codes), "")
