"""A stream of chunks from the thread that has them to the thread that sends them.

The S3 client takes a stream from inside its own event loop, where a source that reads from S3 itself could not run.
Handing over lets the source run in the thread of whoever called, and the client in another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

_ROOM = 2
"""Chunks that may wait between the two."""


class _CutOff(Exception):
    """Told to the receiver when the source failed, so that it gives up what it received."""


class _Handover(Iterator[bytes]):
    def __init__(self) -> None:
        self._changed = Condition()
        self._chunks: deque[bytes] = deque()
        self._ended = False
        self._cut_off = False
        self._abandoned = False

    def give(self, chunk: bytes) -> bool:
        """Hand a chunk over as soon as there is room; False if nobody takes it any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._abandoned or len(self._chunks) < _ROOM)
            self._chunks.append(chunk)
            self._changed.notify_all()
            return not self._abandoned

    def end(self, *, cut_off: bool) -> None:
        """No chunk follows, because that was all or because the source failed."""
        with self._changed:
            self._ended, self._cut_off = True, cut_off
            self._changed.notify_all()

    def abandon(self) -> None:
        """No chunk is taken any more."""
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()

    def __next__(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended)
            if self._cut_off:
                raise _CutOff
            if not self._chunks:
                raise StopIteration
            chunk = self._chunks.popleft()
            self._changed.notify_all()
            return chunk


def hand_over(chunks: Iterator[bytes], send: Callable[[Iterator[bytes]], None]) -> None:
    """Call `send`, in a thread of its own, with what `chunks` yields in this one, and return when it has.

    What `chunks` raises is raised here, once `send` has seen its stream break and given up; else what `send` raises.
    """
    handover = _Handover()

    def receive() -> None:
        try:
            send(handover)
        finally:
            handover.abandon()

    with ThreadPoolExecutor(1, thread_name_prefix="lake-put") as pool:
        sent = pool.submit(receive)
        try:
            for chunk in chunks:
                if not handover.give(chunk):
                    break
        except BaseException:
            handover.end(cut_off=True)
            raise
        handover.end(cut_off=False)
        sent.result()
