"""What the warehouse's database holds beside the tables: what was noted of them, quarantine, and what publishing needs.

The names and columns of the records are said in `resources.warehouse.ledger` and `quarantine`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from tributary.resources.warehouse.postgres import notes, snapshots
from tributary.resources.warehouse.postgres.relations import CONSTANT_DDL, PARTS, create_missing
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.turns import take_turn, turn_relation
from tributary.resources.warehouse.table import quoted


def hidden_schema(name: str) -> str:
    """The DDL of a schema of nobody's but its owner; `name` is an identifier.

    Rows are read through the tables that people see, where grants and policies are: default privileges that somebody
    set for all schemas must open no other way to them.
    """
    return f"""
CREATE SCHEMA IF NOT EXISTS "{name}";
DO $$ DECLARE other text; BEGIN
    FOR other IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE n.nspname = '{name}' AND a.grantee <> n.nspowner
    LOOP EXECUTE format('REVOKE ALL ON SCHEMA "{name}" FROM %s CASCADE', other); END LOOP;
END $$
"""


_LEDGER = """
CREATE TABLE IF NOT EXISTS _parts.loaded_sources (
    table_name text NOT NULL, source text NOT NULL, fingerprint text NOT NULL, source_column text NOT NULL,
    loaded_at timestamptz NOT NULL, PRIMARY KEY (table_name, source)
);
ALTER TABLE _parts.loaded_sources DROP COLUMN IF EXISTS rows;
COMMENT ON TABLE _parts.loaded_sources IS
    'One row a source object that a table was loaded from, objects that gave no row among them.';
COMMENT ON COLUMN _parts.loaded_sources.fingerprint IS 'What the rows were made from, in the words of their loader.'
"""

_CHANGES = """
CREATE TABLE IF NOT EXISTS _parts.change_readers (
    reader text NOT NULL, table_name text NOT NULL, columns text NOT NULL, PRIMARY KEY (table_name, columns, reader)
);
CREATE TABLE IF NOT EXISTS _parts.changes (
    table_name text NOT NULL, columns text NOT NULL, previous text NOT NULL, version text NOT NULL, keys text NOT NULL,
    recorded_at timestamptz NOT NULL, PRIMARY KEY (table_name, columns, previous)
);
COMMENT ON TABLE _parts.change_readers IS
    'One row a reader, table and combination of columns whose changed values the reader follows.';
COMMENT ON TABLE _parts.changes IS
    'One row a windowed write and combination of columns: their values in rows that went or came.'
"""

_QUARANTINE = """
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE TABLE IF NOT EXISTS quarantine.rejected_rows (
    table_name text NOT NULL, source text NOT NULL, line_number bigint NOT NULL,
    byte_offset bigint, raw_text text NOT NULL, raw_bytes bytea, reason text NOT NULL, detail text, run_id text,
    rejected_at timestamptz NOT NULL, PRIMARY KEY (table_name, source, line_number)
);
ALTER TABLE quarantine.rejected_rows ADD COLUMN IF NOT EXISTS byte_offset bigint;
ALTER TABLE quarantine.rejected_rows ADD COLUMN IF NOT EXISTS detail text;
COMMENT ON TABLE quarantine.rejected_rows IS
    'Lines and records that no table could take: source, number, raw text and reason. Mend it and load it again.';
COMMENT ON COLUMN quarantine.rejected_rows.line_number IS
    'Line of the file where it begins (the header is line 1), or number of the record in its object, from 1.';
COMMENT ON COLUMN quarantine.rejected_rows.byte_offset IS
    'Byte of the (unpacked) object at which the record begins; null for lines of files.';
COMMENT ON COLUMN quarantine.rejected_rows.reason IS
    'Why, in the same words for all of a kind; exact duplicates of earlier lines are here too, but are no rejects.';
COMMENT ON COLUMN quarantine.rejected_rows.detail IS 'What this one has: the value, or the line that it repeats.';
COMMENT ON COLUMN quarantine.rejected_rows.raw_text IS
    'The record as text; bytes that are not UTF-8 are shown as escapes and kept exactly in raw_bytes.'
"""

_TURN = "records"
_MISSING = """
SELECT num_nulls(to_regclass('_parts.published_tables'), to_regclass('_parts.loaded_sources'),
                 to_regclass('_parts.horizon'), to_regclass('_parts.changes'), to_regclass('_published.tables'),
                 to_regtype('_parts.constant')) > 0
       OR (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped AND (attrelid, attname) IN (
           (to_regclass('quarantine.rejected_rows'), 'byte_offset'),
           (to_regclass('quarantine.rejected_rows'), 'detail'), (to_regclass('_parts.published_tables'), 'follows')
       )) < 3
       OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('_parts.loaded_sources') AND attname = 'rows')
       OR strpos(pg_get_viewdef(to_regclass('_published.tables')), '__') = 0
       AS records, to_regclass(%s) IS NULL AS turn
"""


def ensure(session: Session, turn: str) -> None:
    """Create what is missing, and what the turn of this name is taken at; safe while others do the same.

    The session must not be in a transaction.
    """
    relation = turn_relation(turn)
    missing = session.same_for_all(_MISSING, (relation,))[0]
    if missing["records"]:
        _create_records(session)
    if missing["turn"]:
        create_missing(session, f"CREATE TABLE IF NOT EXISTS {relation} ()")


def _create_records(session: Session) -> None:
    """Create the records, by one session at a time.

    The DDL of a second one would find nothing to create, yet take its locks on tables that the first writes already, in
    another order than it.
    """
    relation = turn_relation(_TURN)
    create_missing(session, f"CREATE SCHEMA IF NOT EXISTS {PARTS}; CREATE TABLE IF NOT EXISTS {relation} ()")

    def still_missing() -> bool:
        take_turn(session, _TURN)
        return bool(session.row(_MISSING, (relation,))["records"])

    parts = (hidden_schema(PARTS), CONSTANT_DDL, notes.DDL, _LEDGER, _CHANGES, snapshots.DDL, _QUARANTINE)
    create_missing(session, "; ".join(parts), still_missing)


def put(
    session: Session,
    name: str,
    owned: Mapping[str, str | Sequence[str]],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """As `EngineSession.put`, in the caller's transaction."""
    conditions = [f"{quoted(key)} = {'%s' if isinstance(value, str) else 'ANY(%s)'}" for key, value in owned.items()]
    values = [value if isinstance(value, str) else list(value) for value in owned.values()]
    session.execute(f"DELETE FROM {name} WHERE {' AND '.join(conditions)}", values)
    ahead = iter(rows)
    for first in ahead:
        with session.copy_in(f"COPY {name} ({', '.join(columns)}) FROM STDIN") as copy:
            for row in chain([first], ahead):
                copy.write_row(row)
