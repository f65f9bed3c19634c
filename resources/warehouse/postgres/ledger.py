"""The ledger of source objects: which of them a table's rows were made from, in which version, and how many rows.

It is kept in `_parts.loaded_sources`, for tables that are written by windows of source objects, in the transaction that
publishes the rows. What is known of a table as a whole is in `notes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tributary.resources.warehouse.base import LoadedSource
from tributary.resources.warehouse.postgres.relations import part_sql
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.table import Table, quoted
from tributary.resources.warehouse.windows import Sources

DDL = """
CREATE TABLE IF NOT EXISTS _parts.loaded_sources (
    table_name text NOT NULL, source text NOT NULL, fingerprint text NOT NULL, rows bigint NOT NULL,
    source_column text NOT NULL, loaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, source)
);
COMMENT ON TABLE _parts.loaded_sources IS
    'One row a source object that a table was loaded from, objects that gave no row among them.';
COMMENT ON COLUMN _parts.loaded_sources.fingerprint IS 'What the rows were made from, in the words of their loader.';
COMMENT ON COLUMN _parts.loaded_sources.rows IS
    'Rows of the table that are this object''s: without those that the table keeps from another object instead.'
"""


def note_sources(session: Session, table: Table, window: Sources, fingerprints: Mapping[str, str], part: str) -> None:
    """Replace the window's objects in the ledger by those of `fingerprints`, whose rows stand in `part`.

    Entries of another source column go too: rows of theirs may be among those that the window replaced.
    """
    session.execute(
        "DELETE FROM _parts.loaded_sources WHERE table_name = %s AND (source = ANY(%s) OR source_column <> %s)",
        (table.key, list(window.names), window.column),
    )
    if not fingerprints:
        return
    column = quoted(window.column)
    session.execute(
        f"""
        INSERT INTO _parts.loaded_sources (table_name, source, fingerprint, rows, source_column)
        SELECT %s, f.source, f.fingerprint, coalesce(c.rows, 0), %s
        FROM unnest(%s::text[], %s::text[]) AS f(source, fingerprint)
        LEFT JOIN (SELECT {column} AS source, count(*) AS rows FROM {part_sql(part)} GROUP BY 1) AS c USING (source)
        """,
        (table.key, window.column, list(fingerprints), list(fingerprints.values())),
    )


def take_rows(session: Session, table: Table, taken: Mapping[str, int]) -> None:
    """Count fewer rows for objects some of whose rows another object's have displaced."""
    if taken:
        session.execute(
            "UPDATE _parts.loaded_sources AS l SET rows = l.rows - t.rows "
            "FROM unnest(%s::text[], %s::bigint[]) AS t(source, rows) "
            "WHERE l.table_name = %s AND l.source = t.source",
            (list(taken), list(taken.values()), table.key),
        )


def forget_sources(session: Session, table: Table) -> None:
    """Empty the table's ledger, as its rows no longer follow from source objects alone."""
    session.execute("DELETE FROM _parts.loaded_sources WHERE table_name = %s", (table.key,))


def all_sources(session: Session, table: Table) -> dict[str, LoadedSource]:
    """All objects that the ledger has of the table; to be trusted as `loaded_sources` is."""
    rows = session.rows(
        "SELECT source, fingerprint, rows FROM _parts.loaded_sources WHERE table_name = %s", (table.key,)
    )
    return {row["source"]: LoadedSource(row["fingerprint"], row["rows"]) for row in rows}


def loaded_sources(session: Session, table: Table, names: Sequence[str] | None) -> dict[str, str]:
    """The fingerprints of the objects that the ledger has, of the named ones or of all.

    It is to be trusted only while the table has a valid note: rows that others dropped or truncated are still in it.
    """
    rows = session.rows(
        "SELECT source, fingerprint FROM _parts.loaded_sources "
        "WHERE table_name = %s AND (%s::text[] IS NULL OR source = ANY(%s::text[]))",
        (table.key, *[None if names is None else list(names)] * 2),
    )
    return {row["source"]: row["fingerprint"] for row in rows}
