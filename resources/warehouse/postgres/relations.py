"""The public face of a table: a partitioned parent whose one partition holds the rows.

The parent is what readers, views and grants refer to; it is never dropped while its columns allow, so they survive
every replace. Partitions live in the schema `_parts`. A view model is a plain view.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from resources.warehouse.errors import WarehouseError
from resources.warehouse.postgres.session import Session
from resources.warehouse.table import Column, Table, quoted
from resources.warehouse.types import postgres_type

PARTS = "_parts"


@dataclass(frozen=True)
class Found:
    """A relation as the server has it: its kind (`p` partitioned, `v` view, `r` plain), columns, and partition."""

    kind: str
    columns: dict[str, str]
    comments: dict[str, str | None]
    comment: str | None
    part: str | None
    key: str | None


def part_sql(name: str) -> str:
    """The quoted name of a relation in `_parts`."""
    return f'"{PARTS}"."{name}"'


def find(session: Session, table: Table) -> Found | None:
    """Look the relation up; None where there is none."""
    rows = session.rows(
        """
        SELECT c.oid, c.relkind::text AS kind, obj_description(c.oid, 'pg_class') AS comment,
               p.relname::text AS part,
               (SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum = t.partattrs[0]) AS key
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_partitioned_table AS t ON t.partrelid = c.oid
        LEFT JOIN pg_inherits AS i ON i.inhparent = c.oid
        LEFT JOIN pg_class AS p ON p.oid = i.inhrelid
        WHERE n.nspname = %s AND c.relname = %s
        """,
        (table.schema, table.name),
    )
    if not rows:
        return None
    found = rows[0]
    columns = session.rows(
        """
        SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type,
               col_description(attrelid, attnum) AS comment
        FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """,
        (found["oid"],),
    )
    return Found(
        kind=found["kind"],
        columns={row["name"]: row["type"] for row in columns},
        comments={row["name"]: row["comment"] for row in columns},
        comment=found["comment"],
        part=found["part"],
        key=found["key"],
    )


def has_columns(found: Found, table: Table) -> bool:
    """Whether a relation has the table's columns and types."""
    return found.columns == {column.name: postgres_type(column.type) for column in table.columns}


def ensure_schema(session: Session, name: str) -> None:
    """Create a schema where it is missing; safe while others do the same."""
    if not session.rows("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,)):
        with session.transaction():
            session.execute("SELECT pg_advisory_xact_lock(hashtext('tributary schemas'))")
            session.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")


def column_definitions(columns: Sequence[Column]) -> str:
    """`name type, …` for a CREATE TABLE."""
    return ", ".join(f"{quoted(column.name)} {postgres_type(column.type)}" for column in columns)


def create_parent(session: Session, table: Table) -> None:
    """Create the partitioned parent, empty."""
    key = quoted(table.partition_by or table.column_names[0])
    session.execute(f"CREATE TABLE {table.sql_name} ({column_definitions(table.columns)}) PARTITION BY LIST ({key})")


def reshape_parent(session: Session, table: Table, found: Found) -> None:
    """Give an empty parent the table's columns, keeping views and grants on it.

    Raises:
        WarehouseError: a view of somebody's uses a column that goes or changes its type.
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
    if found.key not in wanted or found.columns[found.key] != wanted[found.key]:
        _recreate_parent(session, table)
        return
    session.execute(f"ALTER TABLE {table.sql_name} {', '.join(steps)}")


def _recreate_parent(session: Session, table: Table) -> None:
    """The partition key itself changes, which no ALTER can do: only possible while nothing depends on the parent."""
    views = session.rows(
        """
        SELECT DISTINCT r.ev_class::regclass::text AS view FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
        WHERE d.refobjid = %s::regclass AND d.classid = 'pg_rewrite'::regclass
        """,
        (table.sql_name,),
    )
    if views:
        names = ", ".join(row["view"] for row in views)
        raise WarehouseError(
            f"{table.key} changes the column it is partitioned by, which {names} depends on; drop that view first."
        )
    grants = grants_on(session, table)
    session.execute(f"DROP TABLE {table.sql_name}")
    create_parent(session, table)
    restore_grants(session, table, grants)


def grants_on(session: Session, table: Table) -> list[dict[str, Any]]:
    """Who was granted what on the relation, beside its owner."""
    return session.rows(
        """
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS role,
               a.privilege_type AS privilege
        FROM pg_class AS c, aclexplode(c.relacl) AS a
        WHERE c.oid = %s::regclass AND a.grantee <> c.relowner
        """,
        (table.sql_name,),
    )


def restore_grants(session: Session, table: Table, grants: Sequence[Mapping[str, Any]]) -> None:
    """Grant again what a relation's drop took; roles and privileges come quoted from the server's catalogue."""
    for grant in grants:
        session.execute(f"GRANT {grant['privilege']} ON {table.sql_name} TO {grant['role']}")


def describe(session: Session, table: Table, found: Found | None) -> None:
    """Write the descriptions as comments, where they differ from those the server has."""
    statements: list[sql.Composable] = []
    word = sql.SQL("VIEW" if table.kind == "view" else "TABLE")
    name = sql.SQL(table.sql_name)
    if found is None or found.comment != table.description:
        statements.append(sql.SQL("COMMENT ON {} {} IS {}").format(word, name, sql.Literal(table.description)))
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
    strays = session.rows(
        """
        SELECT c.relname::text AS name, c.relkind::text AS kind FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relkind IN ('r', 'v') AND c.relname ^@ %s
          AND NOT EXISTS (SELECT 1 FROM pg_inherits AS i WHERE i.inhrelid = c.oid)
        """,
        (PARTS, part_prefix(table)),
    )
    for stray in strays:
        session.execute(f"DROP {'VIEW' if stray['kind'] == 'v' else 'TABLE'} IF EXISTS {part_sql(stray['name'])}")


def part_prefix(table: Table) -> str:
    """How the names of this table's relations in `_parts` begin: a digest first, so that no table's is another's."""
    digest = hashlib.sha256(table.key.encode()).hexdigest()[:12]
    return f"{digest}_{table.name[:40]}_"


def new_part(table: Table) -> str:
    """A fresh name in `_parts` (at most 62 bytes)."""
    return part_prefix(table) + secrets.token_hex(4)
