"""Messages at their time: batches of what is due, and a new beginning where the collector was away for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from tributary.assets.social.standin.live import live_events
from tributary.assets.social.standin.sending.sender import MAX_BATCH, Sender

FLUSH_SECONDS = 1.0
"""A message waits this long at most for others that go with it."""

MAX_LAG_SECONDS = 30.0
"""After a longer absence of the collector the stream begins anew at the present, instead of telling the past."""


def run(sender: Sender, seed: int, rate: float, stopped: threading.Event) -> None:
    """Send the live stream of `seed`, `rate` messages a second on average, until `stopped` is set.

    Raises:
        SampleError: the rate is out of range.
        CollectorRefusal: the collector will not take what it is sent.
    """
    while not stopped.is_set():
        events = live_events(seed, datetime.now(UTC), rate=rate)
        for batch, lag in batches(events, stopped):
            if lag > MAX_LAG_SECONDS or not sender.send(batch):
                break


def batches(
    events: Iterable[tuple[float, dict[str, Any]]], stopped: threading.Event
) -> Iterator[tuple[list[dict[str, Any]], float]]:
    """The messages of `events` in batches, each once its last message is due, with the seconds by which it is late.

    Ends when `stopped` is set; what was not due by then is not told.
    """
    due = opened = time.monotonic()
    batch: list[dict[str, Any]] = []
    for wait, message in events:
        due += wait
        if batch and (due - opened > FLUSH_SECONDS or len(batch) == MAX_BATCH):
            yield batch, time.monotonic() - opened
            batch = []
        if stopped.wait(max(0.0, due - time.monotonic())):
            return
        if not batch:
            opened = due
        batch.append(message)
