"""Turns of writers: of those that write one table, or any other thing with a name, one at a time.

A turn is a lock on an empty table in `_parts`, of a mode that needs more than the right to read: unlike an advisory
lock, no reader can take it. It ends with the transaction that holds it, however that ends. Held in a session of its own
it takes no snapshot and no transaction number, so that it keeps nobody's rows alive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session

_PREFIX = "turn_"


def take_turn(session: Session, name: str) -> None:
    """Wait for the turn, and hold it to the end of the session's transaction."""
    session.execute(f"LOCK TABLE {turn_relation(name)} IN SHARE UPDATE EXCLUSIVE MODE")


@contextmanager
def turn_beside(session: Session, name: str) -> Iterator[Session]:
    """Hold the turn in a session beside, over any number of this one's transactions; gives the session beside."""
    with session.beside() as other:
        other.execute("SET idle_in_transaction_session_timeout = 0; SET transaction_timeout = 0")
        with other.transaction():
            take_turn(other, name)
            yield other


def expect_turn(beside: Session) -> None:
    """Ask the session beside whether it is there still; what was written without a turn must not be published.

    Raises:
        psycopg.OperationalError: it was ended, and others may have had their turn since.
    """
    beside.row("SELECT 1 AS here")


def turn_relation(name: str) -> str:
    """What the turn is taken at; `records.ensure` makes it, outside the transaction that is to take it."""
    return part_sql(_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:24])
