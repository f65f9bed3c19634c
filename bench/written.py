"""What a block of work wrote to a database: rows of tables, counted by the server, and its write-ahead log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg


@dataclass
class Written:
    """Filled when a `counted` block ends: rows that came or went, and the bytes of the log where it begins and ends."""

    rows: int = 0
    begun: int = 0
    ended: int = 0

    @property
    def megabytes(self) -> float:
        """Of write-ahead log."""
        return (self.ended - self.begun) / 1e6


@contextmanager
def counted(url: str) -> Iterator[Written]:
    """Count what others write to the tables of a database while the block runs; what they build aside is in the log."""
    found = Written()
    with psycopg.connect(url, autocommit=True) as pg:
        before, found.begun = _rows(pg), _place(pg)
        yield found
        found.rows = sum(count - before.get(relation, 0) for relation, count in _rows(pg).items())
        found.ended = _place(pg)


def _rows(pg: psycopg.Connection) -> dict[int, int]:
    """Rows that came and went so far, by the relation in which a table's rows stand."""
    found = pg.execute(
        "SELECT s.relid, s.n_tup_ins + s.n_tup_del FROM pg_stat_user_tables AS s JOIN pg_inherits AS i "
        "ON i.inhrelid = s.relid"
    )
    return {int(relation): int(count) for relation, count in found}


def _place(pg: psycopg.Connection) -> int:
    """Where the write-ahead log ends, in bytes."""
    row = pg.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    return int(row[0]) if row else 0
