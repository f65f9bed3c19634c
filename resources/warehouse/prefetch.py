"""Runs an iterator ahead in a thread, so that making the next item overlaps with using this one."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")


# Python lets a thread run for 5 ms before another that waits; a server that waits for its next bytes loses as much.
SWITCH_SECONDS = 0.0005


def prefetch(items: Iterable[T], depth: int = 16) -> Generator[T, None, None]:
    """Yield `items` in order, with up to `depth` made ahead; an error of theirs is raised where it belongs."""
    ahead: queue.Queue[tuple[bool, T | BaseException | None]] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(entry: tuple[bool, T | BaseException | None]) -> bool:
        while not stopped.is_set():
            try:
                ahead.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            for item in items:
                if not put((True, item)):
                    return
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, who raises it
            put((False, error))
        else:
            put((False, None))

    thread = threading.Thread(target=run, name="prefetch", daemon=True)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    thread.start()
    try:
        while True:
            more, item = ahead.get()
            if more:
                yield item  # type: ignore[misc]
            elif item is None:
                return
            else:
                raise item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
        sys.setswitchinterval(interval)
