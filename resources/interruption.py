"""Breaking off, from another thread, what a thread of this process is at: its Python code, and what it waits for.

Signals reach the main thread alone, and code that waits for a server looks at nothing meanwhile. So whoever waits says
how that is ended, and the thread that learns of a request to end asks for both.
"""

from __future__ import annotations

import ctypes
import logging
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


def let_go_of_logs() -> None:
    """Have threads that are broken off let go of the locks of log handlers, for which others wait, the end among them.

    Before Python 3.13 a handler takes its lock by a call; what is raised in a thread that has waited for it is raised
    between that and the block that lets go of it. A `with` statement, which Python takes there since, has no such gap.
    """
    logging.Handler.handle = _handle  # type: ignore[method-assign,assignment]


def _handle(self: logging.Handler, record: logging.LogRecord) -> bool | logging.LogRecord:
    passed = self.filter(record)
    if isinstance(passed, logging.LogRecord):
        record = passed
    if passed and self.lock is not None:
        with self.lock:
            self.emit(record)
    elif passed:
        self.emit(record)
    return passed


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
