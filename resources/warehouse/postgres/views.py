"""Publishes views: created aside and checked there, then put under their name where they differ from what stands.

A view's rows are those of the tables that it reads, which need no publishing. But a view that reads other tables than
before waits, as a table does, until no snapshot is left in which those may be empty.
"""

from __future__ import annotations

import psycopg

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.hung import put_on, take_off
from tributary.resources.warehouse.postgres.publish import LOCK_MILLISECONDS, MOST_PATIENCE, AtPublish, attempts
from tributary.resources.warehouse.postgres.relations import Found, describe, find, part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table
from tributary.resources.warehouse.types import postgres_type

_READ = """
    SELECT DISTINCT d.refobjid FROM pg_rewrite AS r
    JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
    WHERE r.ev_class = to_regclass(%s)
"""


def publish_view(session: Session, table: Table, part: str, *, built_in: int, at_publish: AtPublish) -> None:
    """Make the view `part`, which transaction `built_in` committed, the table's; `at_publish` runs with it.

    Raises:
        WarehouseError: another relation has the name, views of others depend on columns that change, or readers hold
            the view for longer than `MOST_PATIENCE`.
    """
    found, aside = expect_view(session, table), part_sql(part)
    same = session.row(
        "SELECT pg_get_viewdef(%s::regclass) = pg_get_viewdef(to_regclass(%s)) AS definition",
        (aside, table.sql_name),
    )
    if found is not None and same["definition"] and _kept(found, table) == len(table.columns):
        with session.transaction():
            session.execute(f"DROP VIEW {aside}")
            describe(session, table, found)
            at_publish()
        return
    unread = session.rows(f"SELECT 1 FROM ({_READ} EXCEPT {_READ}) AS more LIMIT 1", (aside, table.sql_name))
    waits_for = built_in if found is not None and unread else None
    for _ in attempts(session, waits_for, MOST_PATIENCE, until_then=True):
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                put_view(session, table, part)
                at_publish()
        except psycopg.errors.LockNotAvailable:
            continue
        return
    raise WarehouseError(
        f"{table.key} changes, for which transactions that use it or began before it must end first; the old view "
        "stays: run it again."
    )


def expect_view(session: Session, table: Table) -> Found | None:
    """The view as the server has it; None where there is none.

    Raises:
        WarehouseError: a table has its name.
    """
    found = find(session, table)
    if found is not None and found.kind != "v":
        raise WarehouseError(f"{table.key} is a table and its model now makes a view; drop the table first.")
    return found


def put_view(session: Session, table: Table, part: str) -> None:
    """Put the view `part` under the table's name, in the caller's transaction.

    Raises:
        WarehouseError: another relation has the name, or views of others depend on columns that change.
    """
    found, aside = expect_view(session, table), part_sql(part)
    select = session.row("SELECT pg_get_viewdef(%s::regclass) AS text", (aside,))["text"]
    session.execute(f"DROP VIEW {aside}")
    if found is None or _kept(found, table) == len(found.columns):
        # Columns that come last leave those before them, and all that hangs on them, as they are; but for the options.
        kept = "" if found is None else _options(session, table)
        session.execute(f"CREATE OR REPLACE VIEW {table.sql_name}{kept} AS {select}")
        describe(session, table, found)
        return
    hung = take_off(session, table.sql_name, table.key)
    session.execute(f"DROP VIEW {table.sql_name}")
    session.execute(f"CREATE VIEW {table.sql_name} AS {select}")
    put_on(session, table.sql_name, table.key, hung)
    describe(session, table, None)


def _options(session: Session, table: Table) -> str:
    query = "SELECT array_to_string(reloptions, ', ') AS text FROM pg_class WHERE oid = %s::regclass"
    options = session.row(query, (table.sql_name,))["text"]
    return f" WITH ({options})" if options else ""


def _kept(found: Found, table: Table) -> int:
    """How many of the first columns stand as they are to be."""
    wanted = [(column.name, postgres_type(column.type)) for column in table.columns]
    pairs = list(zip(found.columns.items(), wanted, strict=False))
    return next((place for place, (stands, want) in enumerate(pairs) if stands != want), len(pairs))
