"""What the warehouse notes of each table when it publishes it: a version, and what its rows were made from.

The note stands in `_parts.published_tables` and is written in the transaction that publishes, so that it can never tell
of rows that are not there. It holds good for one state of the relation only: where a person has dropped, truncated or
redefined it since, nothing is known of it. What single source objects gave is the ledger's matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg

from tributary.resources.warehouse.base import Note
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table

DDL = """
CREATE TABLE IF NOT EXISTS _parts.published_tables (
    table_name text PRIMARY KEY, version text NOT NULL, relation oid NOT NULL, state text NOT NULL,
    fingerprint text NOT NULL, content text NOT NULL, rows bigint NOT NULL, lines bigint NOT NULL,
    rejected bigint NOT NULL, checks jsonb, modified bigint NOT NULL, published_at timestamptz NOT NULL
);
ALTER TABLE _parts.published_tables ADD COLUMN IF NOT EXISTS follows jsonb;
COMMENT ON TABLE _parts.published_tables IS
    'One row a table or view that Tributary published: its version, and what its rows were made from.';
COMMENT ON COLUMN _parts.published_tables.version IS 'Another one whenever the rows may have changed.';
COMMENT ON COLUMN _parts.published_tables.state IS
    'What a drop, truncate or redefinition by others changes; the note holds good while it is the same.';
COMMENT ON COLUMN _parts.published_tables.modified IS 'Rows that windows have written since the last ANALYZE.';
COMMENT ON COLUMN _parts.published_tables.follows IS
    'The recipe and the versions of inputs by which a later write finds the keys that have changed since.';
CREATE SCHEMA IF NOT EXISTS _published;
CREATE OR REPLACE VIEW _published.tables AS
    SELECT table_name, version, rows, checks, published_at AS updated_at
    FROM _parts.published_tables WHERE strpos(split_part(table_name, '.', 1), '__') = 0;
COMMENT ON VIEW _published.tables IS
    'For those who read: of each table the version of its present rows, when they last changed, and what checks found.'
"""

_STATE = (
    "CASE c.relkind WHEN 'v' THEN md5(pg_get_viewdef(c.oid)) ELSE coalesce(pg_relation_filenode(c.oid)::text, '') END"
)
# A view, or the one partition of a table.
_RELATION = f"""
    SELECT n.nspname || '.' || f.relname AS table_name, f.oid AS face, c.oid AS relation, {_STATE} AS state
    FROM pg_class AS f JOIN pg_namespace AS n ON n.oid = f.relnamespace
    LEFT JOIN pg_inherits AS i ON i.inhparent = f.oid AND f.relkind = 'p'
    JOIN pg_class AS c ON c.oid = coalesce(i.inhrelid, f.oid)
    WHERE f.relkind IN ('p', 'v')
"""

PUBLICATIONS = f"""
SELECT split_part(r.table_name, '.', 1) AS schema_name, split_part(r.table_name, '.', 2) AS table_name,
    p.published_at AT TIME ZONE 'UTC' AS updated_at, p.rows
FROM ({_RELATION} AND f.relkind = 'p') AS r JOIN _parts.published_tables AS p USING (table_name, relation, state)
WHERE strpos(split_part(r.table_name, '.', 1), '__') = 0
"""
"""When each table's rows last changed, of those that nobody else has changed since; `Engine.publications`.

Tables of environments, whose schemas have two underscores in their names, are none of them.
"""


def read_note(session: Session, table: Table) -> Note | None:
    """The note on the table's present rows; None where there is none that holds good."""
    found = _rows(
        session,
        f"""
        SELECT p.rows, p.fingerprint, p.content, p.lines, p.rejected, p.checks, p.published_at,
            to_jsonb(p) -> 'follows' AS follows  -- which records from before may lack
        FROM ({_RELATION} AND n.nspname = %s AND f.relname = %s) AS r
        JOIN _parts.published_tables AS p USING (table_name, relation, state)
        """,
        (table.schema, table.name),
    )
    if not found:
        return None
    row = found[0]
    told = (row["rows"], row["fingerprint"], row["content"], row["lines"], row["rejected"], row["checks"])
    return Note(*told, **(row["follows"] or {}), updated_at=row["published_at"])


def write_note(
    session: Session, table: Table, note: Note, *, changed: int | None = None, same_rows: bool = False
) -> int | None:
    """Note the table as it now is, in the caller's transaction, which publishes; under a new version for new rows.

    `changed` counts the rows that a window's write changed; None where the whole table is written. Gives how many were
    changed by windows since the last ANALYZE.
    """
    failures = None if note.checks is None else json.dumps(note.checks)
    follows = json.dumps({"recipe": note.recipe, "inputs": dict(note.inputs)}) if note.recipe else None
    found = session.same_for_all(
        f"""
        INSERT INTO _parts.published_tables AS p
        SELECT r.table_name, gen_random_uuid()::text, r.relation, r.state, %s, %s, %s, %s, %s, %s::jsonb, %s,
            coalesce(%s::timestamptz, now()), %s::jsonb
        FROM ({_RELATION} AND n.nspname = %s AND f.relname = %s) AS r
        ON CONFLICT (table_name) DO UPDATE SET
            version = CASE WHEN %s::boolean THEN p.version ELSE excluded.version END,
            relation = excluded.relation, state = excluded.state, fingerprint = excluded.fingerprint,
            content = excluded.content, rows = excluded.rows, lines = excluded.lines, rejected = excluded.rejected,
            checks = excluded.checks, follows = excluded.follows,
            published_at = CASE WHEN %s::boolean THEN p.published_at ELSE excluded.published_at END,
            modified = CASE WHEN %s::boolean THEN p.modified ELSE 0 END + excluded.modified
        RETURNING modified
        """,
        (
            note.fingerprint, note.content, note.rows, note.lines, note.rejected, failures, changed or 0,
            note.updated_at, follows,
            table.schema, table.name, same_rows, same_rows, changed is not None or same_rows,
        ),
    )  # fmt: skip
    return None if changed is None or not found else found[0]["modified"]


def move_note(session: Session, former: Table, table: Table) -> None:
    """Make what is noted of one table what is noted of another that took its rows over, in the caller's transaction."""
    session.execute("DELETE FROM _parts.published_tables WHERE table_name = %s", (table.key,))
    session.execute(
        f"""
        UPDATE _parts.published_tables AS p
        SET table_name = r.table_name, relation = r.relation, state = r.state, published_at = now()
        FROM ({_RELATION} AND n.nspname = %s AND f.relname = %s) AS r WHERE p.table_name = %s
        """,
        (table.schema, table.name, former.key),
    )


def sound_notes(connection: psycopg.Connection) -> dict[str, str]:
    """The version of each table whose note holds good, by `schema.table`: what a backup keeps beside the rows."""
    query = f"""
        SELECT table_name, p.version FROM ({_RELATION}) AS r
        JOIN _parts.published_tables AS p USING (table_name, relation, state)
    """
    return {str(name): str(version) for name, version in connection.execute(query)}


def adopt_notes(connection: psycopg.Connection, sound: Mapping[str, str]) -> None:
    """Let notes that held good when a backup was made hold good of the restored relations, and no others."""
    connection.execute("UPDATE _parts.published_tables SET relation = 0, state = ''")
    query = f"""
        UPDATE _parts.published_tables AS p SET relation = r.relation, state = r.state
        FROM ({_RELATION}) AS r JOIN unnest(%s::text[], %s::text[]) AS s (table_name, version) USING (table_name)
        WHERE p.table_name = s.table_name AND p.version = s.version
    """
    connection.execute(query, (list(sound), list(sound.values())))


def note_analysed(session: Session, table: Table) -> None:
    """Note that the planner knows the rows as they are."""
    session.execute("UPDATE _parts.published_tables SET modified = 0 WHERE table_name = %s", (table.key,))


def versions(session: Session, names: Iterable[str]) -> dict[str, str | None]:
    """The version of each table or view by `schema.name`; None where it is not there or not Tributary's.

    A view's version is that of its definition together with those of all that it reads.
    """
    found: dict[str, list[str | None]] = {name: [] for name in names}
    rows = _rows(
        session,
        f"""
        WITH RECURSIVE reached AS (
            SELECT n.nspname || '.' || c.relname AS root, c.oid, c.relkind
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE (n.nspname, c.relname) IN (
                SELECT split_part(w.name, '.', 1), split_part(w.name, '.', 2) FROM unnest(%s::text[]) AS w(name)
            )
            UNION
            SELECT r.root, c.oid, c.relkind FROM reached AS r
            JOIN pg_rewrite AS w ON w.ev_class = r.oid
            JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.oid
            JOIN pg_class AS c ON c.oid = d.refobjid
            WHERE r.relkind = 'v'
        )
        SELECT reached.root, known.table_name || '@' || p.version AS version
        FROM reached
        LEFT JOIN LATERAL ({_RELATION} AND f.oid = reached.oid) AS known ON true
        LEFT JOIN _parts.published_tables AS p USING (table_name, relation, state)
        """,
        (list(found),),
    )
    for row in rows:
        found[row["root"]].append(row["version"])
    return {name: _joined(parts) for name, parts in found.items()}


def _rows(session: Session, query: str, params: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of a query on the notes; none in a warehouse that nothing was ever published to."""
    try:
        return session.same_for_all(query, params)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return []


def _joined(parts: Sequence[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return " ".join(sorted(known)) if known and len(known) == len(parts) else None
