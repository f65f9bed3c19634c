"""The public face of a table: a partitioned parent whose one partition holds the rows.

The parent is what readers, views, grants and policies refer to; it is never dropped, so they survive every replace. It
is partitioned by a constant, so that no column is bound to it for ever. Partitions live in the schema `_parts`. A view
model is a plain view.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Column, Table, quoted
from tributary.resources.warehouse.types import postgres_type

PARTS = "_parts"
CREATE_ATTEMPTS = 5

CONSTANT = f'"{PARTS}"."constant"'
"""A domain with one value. As a domain's condition can change, the server does not take it for a constant, which it
would refuse as a partition key."""

CONSTANT_DDL = f"""
DO $$ BEGIN CREATE DOMAIN {CONSTANT} AS integer CHECK (VALUE = 1); EXCEPTION WHEN duplicate_object THEN NULL; END $$
"""


@dataclass(frozen=True)
class Found:
    """A relation as the server has it: its kind (`p` partitioned, `v` view, `r` plain), columns, and partition."""

    kind: str
    columns: dict[str, str]
    comments: dict[str, str | None]
    comment: str | None
    part: str | None


def part_sql(name: str) -> str:
    """The quoted name of a relation in `_parts`."""
    return f'"{PARTS}"."{name}"'


def find(session: Session, table: Table) -> Found | None:
    """Look the relation up; None where there is none."""
    rows = session.same_for_all(
        """
        SELECT c.relkind::text AS kind, obj_description(c.oid, 'pg_class') AS comment, p.relname::text AS part,
               ARRAY(
                   SELECT ARRAY[attname::text, format_type(atttypid, atttypmod), col_description(attrelid, attnum)]
                   FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
               ) AS columns
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_inherits AS i ON i.inhparent = c.oid
        LEFT JOIN pg_class AS p ON p.oid = i.inhrelid
        WHERE n.nspname = %s AND c.relname = %s
        """,
        (table.schema, table.name),
    )
    if not rows:
        return None
    found = rows[0]
    return Found(
        kind=found["kind"],
        columns={name: type_name for name, type_name, _ in found["columns"]},
        comments={name: comment for name, _, comment in found["columns"]},
        comment=found["comment"],
        part=found["part"],
    )


def has_columns(found: Found, table: Table) -> bool:
    """Whether a relation has the table's columns and types."""
    return found.columns == {column.name: postgres_type(column.type) for column in table.columns}


def create_missing(session: Session, statements: str, still: Callable[[], bool] = lambda: True) -> None:
    """Run statements that create what is missing (`IF NOT EXISTS`), all or none; safe while others do the same.

    `still` is asked in the same transaction: where it waits for a turn, it can tell that others have been here since.
    """
    for attempt in range(CREATE_ATTEMPTS):
        try:
            with session.transaction():
                if still():
                    session.execute(statements)
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject, psycopg.errors.DuplicateTable):
            # Another session was creating it, and has done so by now.
            if attempt + 1 == CREATE_ATTEMPTS:
                raise
        else:
            return


def ensure_schema(session: Session, name: str) -> None:
    """Create a schema where it is missing; safe while others do the same."""
    if not session.same_for_all("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,)):
        create_missing(session, f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")


def column_definitions(columns: Sequence[Column]) -> str:
    """`name type, …` for a CREATE TABLE."""
    return ", ".join(f"{quoted(column.name)} {postgres_type(column.type)}" for column in columns)


def create_parent(session: Session, table: Table) -> None:
    """Create the partitioned parent, empty."""
    columns = column_definitions(table.columns)
    session.execute(f"CREATE TABLE {table.sql_name} ({columns}) PARTITION BY LIST ((1::{CONSTANT}))")


def reshape_parent(session: Session, table: Table, found: Found) -> None:
    """Give an empty parent the table's columns, keeping all that hangs on it.

    Raises:
        WarehouseError: something of somebody's uses a column that goes or changes its type.
    """
    wanted = {column.name: postgres_type(column.type) for column in table.columns}
    steps = [f"DROP COLUMN {quoted(name)}" for name in found.columns if name not in wanted]
    for name, type_name in wanted.items():
        if name not in found.columns:
            steps.append(f"ADD COLUMN {quoted(name)} {type_name}")
        elif found.columns[name] != type_name:
            steps.append(f"ALTER COLUMN {quoted(name)} TYPE {type_name} USING NULL")
    if not steps:
        return
    try:
        session.execute(f"ALTER TABLE {table.sql_name} {', '.join(steps)}")
    except (
        psycopg.errors.DependentObjectsStillExist,
        psycopg.errors.FeatureNotSupported,
        psycopg.errors.InvalidTableDefinition,  # a column that somebody has the table partitioned by
    ) as error:
        raise WarehouseError(
            f"{table.key} changes columns that others use ({in_the_way(error)}): drop or change that first, then run "
            "it again; the old rows stay."
        ) from error


def in_the_way(error: psycopg.Error) -> str:
    """What depends on something, in the server's words."""
    diagnostics = error.diag
    return "; ".join((diagnostics.message_detail or diagnostics.message_primary or str(error)).splitlines()).rstrip(".")


def describe(session: Session, table: Table, found: Found | None) -> None:
    """Write the descriptions as comments, where they differ from those the server has."""
    statements: list[sql.Composable] = []
    word = sql.SQL("VIEW" if table.kind == "view" else "TABLE")
    name = sql.SQL(table.sql_name)
    if found is None or found.comment != table.comment:
        statements.append(sql.SQL("COMMENT ON {} {} IS {}").format(word, name, sql.Literal(table.comment)))
    statements += [
        sql.SQL("COMMENT ON COLUMN {}.{} IS {}").format(
            name, sql.Identifier(column.name), sql.Literal(column.description)
        )
        for column in table.columns
        if found is None or found.comments.get(column.name) != column.description
    ]
    if statements:
        session.connection.execute(sql.SQL("; ").join(statements))


def ensure_index(session: Session, part: str, columns: Sequence[str]) -> None:
    """Index a relation in `_parts` by some columns, unless it is so already; readers are not kept waiting."""
    found = session.rows(
        """
        SELECT 1 FROM pg_index AS i WHERE i.indrelid = %s::regclass AND %s::text[] = (
            SELECT array_agg(a.attname::text ORDER BY k.place)
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
            JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
        )
        """,
        (part_sql(part), list(columns)),
    )
    if not found:
        names = ", ".join(quoted(name) for name in columns)
        session.execute(f"CREATE INDEX ON {part_sql(part)} ({names})")


def drop_stray_parts(session: Session, table: Table) -> None:
    """Drop what a killed write left of this table in `_parts`; the caller holds the table's lock."""
    strays = session.same_for_all(
        """
        SELECT c.relname::text AS name, c.relkind::text AS kind FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND c.relname ^@ %s
          AND NOT EXISTS (SELECT 1 FROM pg_inherits AS i WHERE i.inhrelid = c.oid)
        """,
        (PARTS, part_prefix(table)),
    )
    for stray in strays:
        with session.transaction():
            relation = part_sql(stray["name"])
            if stray["kind"] == "v":
                session.execute(f"DROP VIEW IF EXISTS {relation}")
            elif _lock_loose(session, relation):
                session.execute(f"DROP TABLE {relation}")


def _lock_loose(session: Session, relation: str) -> bool:
    """Lock a relation, and tell whether it is there and no table's partition: a dying writer may have made it one."""
    if session.row("SELECT to_regclass(%s) IS NULL AS gone", (relation,))["gone"]:
        return False
    session.execute(f"LOCK TABLE {relation} IN ACCESS EXCLUSIVE MODE")
    return not session.rows("SELECT 1 FROM pg_inherits WHERE inhrelid = %s::regclass", (relation,))


def part_prefix(table: Table) -> str:
    """How the names of this table's relations in `_parts` begin: a digest first, so that no table's is another's."""
    digest = hashlib.sha256(table.key.encode()).hexdigest()[:12]
    return f"{digest}_{table.name[:40]}_"


def new_part(table: Table) -> str:
    """A fresh name in `_parts` (at most 62 bytes)."""
    return part_prefix(table) + secrets.token_hex(4)
