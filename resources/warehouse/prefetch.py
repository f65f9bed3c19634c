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


class _ShortTurns:
    """The process's threads take short turns as long as somebody needs it, however many do at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before = 0.0

    def begin(self) -> None:
        with self._lock:
            if not self._users:
                self._before = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_SECONDS)
            self._users += 1

    def end(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setswitchinterval(self._before)


_short_turns = _ShortTurns()


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
    _short_turns.begin()
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
        _short_turns.end()
