"""A thread that is broken off leaves nothing behind for which others wait."""

from __future__ import annotations

import logging
import threading

import pytest

from tributary.resources.interruption import interrupt, let_go_of_logs


class Silent(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        pass


def test_a_thread_broken_off_while_it_waits_to_log_lets_go_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.Handler, "handle", logging.Handler.handle)  # put back afterwards
    let_go_of_logs()
    handler, broken_off, waits = Silent(), list[bool](), threading.Event()
    lock = handler.lock
    assert lock is not None

    def log() -> None:
        waits.set()
        try:
            logging.Handler.handle(handler, logging.makeLogRecord({}))
        except KeyboardInterrupt:
            broken_off.append(True)

    thread = threading.Thread(target=log)
    with lock:
        thread.start()
        waits.wait(10)
        thread.join(0.2)  # until it waits for the lock
        interrupt(thread)
    thread.join(10)
    assert broken_off == [True]
    assert lock.acquire(blocking=False)
