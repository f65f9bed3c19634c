"""Readers of every isolation level and role, which count what they see that was never written."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from bench.crashes_worker import NAMES, PARTS, ROWS, SCHEMA

_PAUSES = (0.0, 0.02, 0.25)


def faults(connection: psycopg.Connection[Any], name: str) -> tuple[Counter[str], Sequence[Any]]:
    """What is wrong with a table as this transaction sees it, and what it saw."""
    row = connection.execute(
        f"SELECT count(*), count(DISTINCT id), count(DISTINCT (part, version)), sum(id), count(DISTINCT version) "
        f"FROM {SCHEMA}.{name}"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always has its row
    found: Counter[str] = Counter()
    states = PARTS if name in ("whole", "shape") else row[2]
    found["holes"] += row[0] == 0
    found["lost"] += max(0, ROWS - row[1]) if row[0] else 0
    found["doubled"] += row[0] - row[1]
    mixed = row[2] != PARTS or states != PARTS or (name in ("whole", "shape") and row[4] != 1)
    found["wrong sums"] += bool(row[0]) and (row[3] != ROWS * (ROWS - 1) // 2 or mixed)
    return +found, row


class Readers:
    """Threads that read until they are stopped; `found` counts by fault, and looks by isolation level."""

    def __init__(self, urls: Sequence[str]) -> None:
        self.found: Counter[str] = Counter()
        self.looks: Counter[str] = Counter()
        self._stopped = threading.Event()
        levels = (
            psycopg.IsolationLevel.READ_COMMITTED,
            psycopg.IsolationLevel.REPEATABLE_READ,
            psycopg.IsolationLevel.SERIALIZABLE,
        )
        self._threads = [
            threading.Thread(target=self._read, args=(url, level, number))
            for number, (url, level) in enumerate((url, level) for url in urls for level in levels)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop all, and wait for them."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self, url: str, level: psycopg.IsolationLevel, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - no secret
        while not self._stopped.is_set():
            try:
                with psycopg.connect(url, application_name="tributary" if number % 2 else "report") as connection:
                    connection.isolation_level = level
                    while not self._stopped.is_set():
                        self._look(connection, level, chance)
            except psycopg.OperationalError:
                # The server was killed, and comes back.
                time.sleep(0.05)
            except psycopg.Error as error:
                self.found[f"error {type(error).__name__}"] += 1

    def _look(self, connection: psycopg.Connection[Any], level: psycopg.IsolationLevel, chance: random.Random) -> None:
        connection.execute("SELECT 1")
        time.sleep(chance.choice(_PAUSES))
        name = chance.choice(NAMES)
        wrong, first = faults(connection, name)
        if level != psycopg.IsolationLevel.READ_COMMITTED:
            again, second = faults(connection, name)
            wrong += again
            wrong["changed within a transaction"] += first != second
        connection.commit()
        self.found += wrong
        self.looks[level.name] += 1
