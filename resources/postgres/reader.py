"""The role of sessions that only read, on the embedded server: it reads data, and not what the server keeps secret.

It may read every table that Tributary makes, now and later, in the warehouse; not `_parts`, where rows lie aside of the
grants and policies on tables, and not the server's passwords. What other roles may do is not said here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

READER = "tributary_reader"
"""The role of reading sessions on the embedded server."""

TEMPLATE = "template1"
"""New warehouses are copies of this database, and of what the reader may do in it."""

_VERSION = "Reads the warehouse's data and nothing else (2)."
_TEMPORARY_FILES = "20GB"
_HIDDEN = "_parts"

# Functions that anybody may call and that hold others up or write: advisory locks fill the table of all locks, and
# messages the log that all databases share.
_REFUSED = ("pg_advisory_%", "pg_try_advisory_%", "pg_logical_emit_message")


def ensure_reader(
    connection: psycopg.Connection, warehouse: str, open_database: Callable[[str], psycopg.Connection]
) -> None:
    """Make the role, or mend one that was made otherwise, with what it may do in all warehouses of the server.

    Safe in many processes at once. What somebody takes from the role afterwards is not given back.

    Args:
        connection: in autocommit mode, as the superuser.
        warehouse: how the names of warehouses end.
        open_database: opens such a connection to a database of this name.
    """
    if _version_of(connection) == _VERSION:
        return
    from psycopg import errors, sql

    role = sql.Identifier(READER)
    with suppress(errors.DuplicateObject, errors.UniqueViolation):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE datallowconn AND (datname = %s OR datname LIKE %s)",
        [TEMPLATE, f"%{warehouse}"],
    ).fetchall()
    for (name,) in rows:
        with open_database(name) as database:
            _open_to_reader(database)
    with connection.transaction():
        connection.execute("LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE")
        connection.execute(sql.SQL("REVOKE pg_read_all_data FROM {}").format(role))
        connection.execute(
            sql.SQL("ALTER ROLE {} SET temp_file_limit = {}").format(role, sql.Literal(_TEMPORARY_FILES))
        )
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(_VERSION)))


def _version_of(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", [READER]
    ).fetchone()
    return row[0] if row else None


def _open_to_reader(database: psycopg.Connection) -> None:
    """Grant what is there in a database and what will be, and take what nobody who reads needs."""
    from psycopg import sql

    role = sql.Identifier(READER)
    with database.transaction():
        database.execute("LOCK TABLE pg_default_acl IN SHARE ROW EXCLUSIVE MODE")
        schemas = database.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
        ).fetchall()
        for (name,) in schemas:
            schema = sql.Identifier(name)
            if name == _HIDDEN:
                database.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, role))
                continue
            database.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
            database.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(schema, role))
        database.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {}").format(role))
        database.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {}").format(role))
        functions = database.execute(
            "SELECT oid::regprocedure::text FROM pg_proc "
            "WHERE pronamespace = 'pg_catalog'::regnamespace AND proname LIKE ANY(%s)",
            [list(_REFUSED)],
        ).fetchall()
        for (function,) in functions:
            database.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(sql.SQL(function)))
