"""What processes ask of Linux's kernel that Python has no words for; elsewhere nothing is asked.

Only the standard library is used.
"""

from __future__ import annotations

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Have a signal sent to this process when its parent ends, however that ends."""
    _prctl(_PR_SET_PDEATHSIG, number)


def name_process(name: str) -> None:
    """Name this process, as `ps` shows it; the kernel keeps 15 characters."""
    _prctl(_PR_SET_NAME, name.encode())


def _prctl(option: int, value: int | bytes) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
