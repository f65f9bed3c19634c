"""From the event loop to the stream's blocking `put`: requests that come at the same time share one call.

A request costs no thread of its own. While some calls are under way the next group gathers, so that groups grow with
the load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tributary.resources.stream import EventStream, Record, StreamBusyError

CONCURRENCY = 4
"""Calls under way at the same time."""

WAITING_BYTES = 32_000_000
"""Records that may wait in memory, before senders are told to slow down."""


@dataclass
class _Group:
    durable: asyncio.Future[None]
    records: list[Record] = field(default_factory=list)
    size: int = 0


class Commits:
    """Puts records of many requests into `stream`, from one event loop."""

    def __init__(self, stream: EventStream, *, waiting_bytes: int = WAITING_BYTES) -> None:
        self._stream = stream
        self._most_waiting = waiting_bytes
        self._threads = ThreadPoolExecutor(CONCURRENCY, thread_name_prefix="collector-put")
        self._under_way = 0
        self._waiting = 0
        self._gathering: _Group | None = None

    async def put(self, records: Sequence[Record]) -> None:
        """Return once the records are durable.

        Raises:
            StreamError: they, or others that were put in the same call, are not.
        """
        size = sum(len(record.data) for record in records)
        if self._waiting + size > self._most_waiting:
            raise StreamBusyError("Too many events wait to be written; send them again later.")
        self._waiting += size
        loop = asyncio.get_running_loop()
        group = self._gathering
        if group is None:
            group = self._gathering = _Group(loop.create_future())
            # Not at once: whatever else came in this turn of the loop goes along.
            loop.call_soon(self._start, loop)
        group.records += records
        group.size += size
        # Shielded, since the future is everybody's and one request may be cancelled.
        await asyncio.shield(group.durable)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        group = self._gathering
        if group is None or self._under_way == CONCURRENCY:
            return
        self._gathering = None
        self._under_way += 1
        done = loop.run_in_executor(self._threads, self._stream.put, group.records)
        done.add_done_callback(lambda outcome: self._finish(loop, group, outcome))

    def _finish(self, loop: asyncio.AbstractEventLoop, group: _Group, outcome: asyncio.Future[None]) -> None:
        self._under_way -= 1
        self._waiting -= group.size
        error = outcome.exception()
        if error is None:
            group.durable.set_result(None)
        else:
            group.durable.set_exception(error)
        self._start(loop)
