"""Publishes a relation built aside, so that every reader, in any transaction, sees the old rows or the new ones.

Normally the parent's partition is swapped, which moves no row. A partition is there for everyone at once, but its rows
are not: to a snapshot older than they are, the table would be empty. So the swap waits for the server's proof that no
such snapshot is left, and it needs the parent to itself for an instant. Where either is not to be had for long, the
rows are replaced in place instead: slower, but versioned row by row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.hung import put_on, take_off
from tributary.resources.warehouse.postgres.notes import read_note
from tributary.resources.warehouse.postgres.relations import (
    Found,
    create_parent,
    describe,
    find,
    has_columns,
    part_sql,
    reshape_parent,
)
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.snapshots import wait_until_everyone_sees
from tributary.resources.warehouse.table import Table, quoted

LOCK_MILLISECONDS = 250
ATTEMPTS = 4
LEAST_PATIENCE = 0.02
MOST_PATIENCE = 10.0

AtPublish = Callable[[], None]


def publish_whole(
    session: Session, table: Table, part: str, *, built_in: int, seconds: float, at_publish: AtPublish
) -> None:
    """Make `part`, committed by transaction `built_in`, the table's rows; `at_publish` runs in the same transaction.

    `seconds` is how long building took: as long as that it is worth to wait before the rows are moved instead.

    Raises:
        WarehouseError: another relation has the name, somebody's view stands in the way of changed columns, or readers
            do, for longer than `MOST_PATIENCE`.
    """
    found = expect_table(session, table, or_own_view=True)
    standing = found.part if found is not None else None
    same_shape = standing is not None and found is not None and has_columns(found, table)
    patience = min(max(seconds, LEAST_PATIENCE), MOST_PATIENCE) if same_shape else MOST_PATIENCE
    had_rows = found is not None and (found.kind == "v" or found.part is not None)
    for _ in attempts(session, built_in if had_rows else None, patience, until_then=not same_shape):
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                swap(session, table, found, part)
                at_publish()
        except psycopg.errors.LockNotAvailable:
            continue
        return
    if found is None:
        raise WarehouseError(f"{table.key} could not be created, as others hold it locked; run it again.")
    if not same_shape or standing is None:
        raise WarehouseError(
            f"{table.key} changes its columns, for which transactions that began before its new rows must end first; "
            "the old rows stay: run it again."
        )
    with session.transaction():
        session.execute(f"DELETE FROM {part_sql(standing)}")
        move_rows(session, table, part, standing)
        describe(session, table, found)
        at_publish()


def attempts(session: Session, transaction: int | None, patience: float, *, until_then: bool) -> Iterator[None]:
    """One turn of a loop for each try to get a lock, and none before everyone sees what `transaction` committed.

    It ends after `ATTEMPTS` tries or, where `until_then` is set, when `patience` (seconds) is over as well.
    """
    deadline = time.monotonic() + patience
    attempt = 0
    while attempt < ATTEMPTS or (until_then and time.monotonic() < deadline):
        if transaction is not None and not wait_until_everyone_sees(session, transaction, deadline):
            return
        yield
        time.sleep(0.05 * 2 ** min(attempt, ATTEMPTS))
        attempt += 1


def expect_table(session: Session, table: Table, *, or_own_view: bool = False) -> Found | None:
    """The table as the server has it, or a view that Tributary published if that will do; None where there is none.

    Raises:
        WarehouseError: a view has its name, or a table that is not Tributary's.
    """
    found = find(session, table)
    is_own_view = found is not None and found.kind == "v" and read_note(session, table) is not None
    if found is not None and found.kind != "p" and not (or_own_view and is_own_view):
        kind = "a view" if found.kind == "v" else "a table that Tributary did not make"
        raise WarehouseError(f"{table.key} is {kind}, which cannot be replaced by a table; drop or rename it first.")
    return found


def swap(session: Session, table: Table, found: Found | None, part: str) -> None:
    """Make `part` the table's partition, in the caller's transaction; `found` is the table as the server has it."""
    if found is None:
        create_parent(session, table)
    elif found.kind == "v":
        hung = take_off(session, table.sql_name, table.key)
        session.execute(f"DROP VIEW {table.sql_name}")
        create_parent(session, table)
        put_on(session, table.sql_name, table.key, hung)
        found = None
    else:
        session.execute(f"LOCK TABLE {table.sql_name} IN ACCESS EXCLUSIVE MODE")
        if found.part is not None:
            session.execute(f"ALTER TABLE {table.sql_name} DETACH PARTITION {part_sql(found.part)}")
            session.execute(f"DROP TABLE {part_sql(found.part)}")
        reshape_parent(session, table, found)
    session.execute(f"ALTER TABLE {table.sql_name} ATTACH PARTITION {part_sql(part)} DEFAULT")
    describe(session, table, found)


def move_rows(session: Session, table: Table, part: str, standing: str) -> None:
    """Insert the rows of `part` into the table's standing partition, and drop `part`."""
    names = ", ".join(quoted(name) for name in table.column_names)
    session.execute(f"INSERT INTO {part_sql(standing)} ({names}) SELECT {names} FROM {part_sql(part)}")
    session.execute(f"DROP TABLE {part_sql(part)}")
