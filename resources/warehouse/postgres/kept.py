"""Connections that a run hands on from one write to the next: a new one costs the server more than most statements do.

What one of them was set to is reset before the next has it. Only those that ended well are handed on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[dict[str, Any]]

_lock = Lock()
_kept: dict[tuple[int, str], list[Connection]] = {}
"""By process and URL: a forked child must not use the sockets of its parent."""

_holders = 0


@contextmanager
def keeping() -> Iterator[None]:
    """Keep the process's connections for the next of their kind, until the last such block ends."""
    global _holders
    with _lock:
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            left = [] if _holders else [one for own in _kept.values() for one in own]
            if not _holders:
                _kept.clear()
        for connection in left:
            connection.close()


def take(url: str, begin: str) -> Connection | None:
    """A kept connection to `url`, its settings reset and the statements of `begin` run; None where there is none."""
    while (connection := _pop(url)) is not None:
        try:
            connection.execute(f"RESET ALL; {begin}".encode())
        except psycopg.Error:  # the server ended it while it lay idle
            connection.close()
        else:
            return connection
    return None


def give(url: str, connection: Connection) -> None:
    """Keep a connection whose session ended well, where connections are kept; else close it."""
    with _lock:
        is_fit = not connection.closed and connection.info.transaction_status is TransactionStatus.IDLE
        if _holders and is_fit:
            _kept.setdefault((os.getpid(), url), []).append(connection)
            return
    connection.close()


def _pop(url: str) -> Connection | None:
    with _lock:
        own = _kept.get((os.getpid(), url))
        return own.pop() if own else None
