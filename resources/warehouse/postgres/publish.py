"""Publishes a relation built aside, so that every reader, in any transaction, sees the old rows or the new ones.

Normally the parent's partition is swapped, which moves no row. The swap needs the parent to itself for an instant, and
a reader that holds an older snapshot would find the new partition's rows invisible to it. Where either stands in the
way for long, the rows are replaced in place instead: slower, but versioned row by row.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg

from resources.warehouse.errors import WarehouseError
from resources.warehouse.postgres.relations import (
    Found,
    create_parent,
    describe,
    find,
    grants_on,
    has_columns,
    part_sql,
    reshape_parent,
    restore_grants,
)
from resources.warehouse.postgres.session import Session
from resources.warehouse.table import Table, quoted

LOCK_MILLISECONDS = 250
ATTEMPTS = 4

AtPublish = Callable[[], None]


class _Busy(Exception):
    """Readers are in the way of a swap."""


def publish_whole(session: Session, table: Table, part: str, *, built_in: int, at_publish: AtPublish) -> None:
    """Make `part`, committed by transaction `built_in`, the table's rows; `at_publish` runs in the same transaction.

    Raises:
        WarehouseError: another relation has the name, or a view stands in the way of changed columns.
    """
    found = expect_table(session, table)
    same_shape = found is not None and has_columns(found, table)
    for attempt in range(ATTEMPTS):
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                _swap(session, table, found, part, built_in if same_shape else None)
                describe(session, table, found)
                at_publish()
        except (_Busy, psycopg.errors.LockNotAvailable):
            if not same_shape and attempt == ATTEMPTS - 1:
                raise WarehouseError(
                    f"{table.key} changes its columns, for which its readers must finish first; run it again."
                ) from None
            time.sleep(0.05 * 2**attempt)
        else:
            return
    if found is None or found.part is None:
        raise WarehouseError(f"{table.key} could not be created, as others hold it locked; run it again.")
    with session.transaction():
        session.execute(f"DELETE FROM {table.sql_name}")
        move_rows(session, table, part, found.part)
        describe(session, table, found)
        at_publish()


def expect_table(session: Session, table: Table) -> Found | None:
    """The table as the server has it; None where there is none.

    Raises:
        WarehouseError: a view has its name, or a table that is not Tributary's.
    """
    found = find(session, table)
    if found is not None and found.kind != "p":
        kind = "a view" if found.kind == "v" else "a table that Tributary did not make"
        raise WarehouseError(f"{table.key} is {kind}, which cannot be replaced by a table; drop or rename it first.")
    return found


def publish_new(session: Session, table: Table, found: Found | None, part: str) -> None:
    """Make `part`, which the caller's transaction built, the first rows of a table that has none."""
    _swap(session, table, found, part, None)
    describe(session, table, found)


def publish_view(session: Session, table: Table, select: str) -> None:
    """Create or replace a view.

    Raises:
        WarehouseError: another relation has the name, or views of others depend on columns that change.
    """
    found = find(session, table)
    with session.transaction():
        if found is not None and found.kind != "v":
            raise WarehouseError(f"{table.key} is a table and its model now makes a view; drop the table first.")
        grants: list[dict[str, Any]] = []
        if found is not None and not has_columns(found, table):
            grants = grants_on(session, table)
            session.execute(f"DROP VIEW {table.sql_name}")
            found = None
        session.execute(f"CREATE OR REPLACE VIEW {table.sql_name} AS {select}")
        restore_grants(session, table, grants)
        describe(session, table, found)


def _swap(session: Session, table: Table, found: Found | None, part: str, built_in: int | None) -> None:
    if found is None:
        create_parent(session, table)
    else:
        session.execute(f"LOCK TABLE {table.sql_name} IN ACCESS EXCLUSIVE MODE")
        if built_in is not None and _older_snapshots(session, built_in):
            raise _Busy
        if found.part is not None:
            session.execute(f"ALTER TABLE {table.sql_name} DETACH PARTITION {part_sql(found.part)}")
            session.execute(f"DROP TABLE {part_sql(found.part)}")
        reshape_parent(session, table, found)
    session.execute(f"ALTER TABLE {table.sql_name} ATTACH PARTITION {part_sql(part)} DEFAULT")


def _older_snapshots(session: Session, built_in: int) -> bool:
    """Whether a transaction of somebody else's may hold a snapshot in which the new rows do not exist yet.

    Tributary's own sessions take a fresh snapshot for each statement, so they never do.
    """
    return bool(
        session.row(
            """
            SELECT EXISTS (
                SELECT 1 FROM pg_stat_activity
                WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                  AND backend_xmin IS NOT NULL AND application_name NOT LIKE 'tributary%%'
                  AND age(backend_xmin) >= age((%s::bigint %% 4294967296)::text::xid)
            ) AS older
            """,
            (built_in,),
        )["older"]
    )


def move_rows(session: Session, table: Table, part: str, standing: str) -> None:
    """Insert the rows of `part` into the table's standing partition, and drop `part`."""
    names = ", ".join(quoted(name) for name in table.column_names)
    session.execute(f"INSERT INTO {part_sql(standing)} ({names}) SELECT {names} FROM {part_sql(part)}")
    session.execute(f"DROP TABLE {part_sql(part)}")
