"""What processes ask of Linux's kernel and C library that Python has no words for; elsewhere nothing is asked.

Only the standard library is used.
"""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG, _PR_SET_NAME, _PR_SET_CHILD_SUBREAPER = 1, 15, 36


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Have a signal sent to this process when its parent ends, however that ends."""
    _prctl(_PR_SET_PDEATHSIG, number)


def name_process(name: str) -> None:
    """Name this process, as `ps` shows it; the kernel keeps 15 characters."""
    _prctl(_PR_SET_NAME, name.encode())


@contextmanager
def adopting() -> Iterator[None]:
    """Be the parent of those of this process's descendants whose own parent ends within the block."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield
    finally:
        _prctl(_PR_SET_CHILD_SUBREAPER, 0)


def give_memory_back() -> None:
    """Return to the system what this process has freed; the C library keeps it where anything used lies behind it."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
