"""Breaking off, from another thread, what a thread of this process is at: its Python code, and what it waits for.

Signals reach the main thread alone, and code that waits for a server looks at nothing meanwhile. So whoever waits says
how that is ended, and the thread that learns of a request to end asks for both.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_waits: dict[int, list[Callable[[], None]]] = {}


@contextmanager
def breakable(cancel: Callable[[], None]) -> Iterator[None]:
    """Within the block, `cancel` ends what this thread may wait for; it is called by another thread."""
    own = _waits.setdefault(threading.get_ident(), [])
    own.append(cancel)
    try:
        yield
    finally:
        own.remove(cancel)
        if not own:
            _waits.pop(threading.get_ident(), None)


def interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread, at once where it runs Python or waits for something breakable.

    Other waits (a sleep, a read) end by themselves first.
    """
    if thread.ident is None or not thread.is_alive():
        return
    number, error = ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(number, error)
    for cancel in list(_waits.get(thread.ident, ())):
        cancel()
