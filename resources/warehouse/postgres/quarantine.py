"""The table of rejected input, `quarantine.rejected_rows`: what did not fit, where it stood, and why.

A write owns the rejected rows of its table as it owns the table's rows: each load of a file replaces them, in the
transaction that publishes, so that loaded plus rejected always adds up to one reading of the source. Who reads sources
of another kind replaces the rejected records of each source that it read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tributary.resources.warehouse.base import Origin, Rejected, RejectedSource
from tributary.resources.warehouse.delimited.scan import Reject
from tributary.resources.warehouse.postgres.relations import create_missing
from tributary.resources.warehouse.postgres.session import Session
from tributary.resources.warehouse.postgres.turns import ensure_turn, take_turn
from tributary.resources.warehouse.table import Table

_DDL = """
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE TABLE IF NOT EXISTS quarantine.rejected_rows (
    table_name text NOT NULL, source text NOT NULL, line_number bigint NOT NULL,
    byte_offset bigint, raw_text text NOT NULL, raw_bytes bytea, reason text NOT NULL, detail text, run_id text,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, source, line_number)
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
    'The record as text; bytes that are not UTF-8 are shown as escapes and kept exactly in raw_bytes.';
"""

_COLUMNS = "table_name, source, line_number, byte_offset, raw_text, raw_bytes, reason, detail, run_id"

_Line = tuple[str, int, int | None, bytes, str, str | None]

DUPLICATE = "exact duplicate of an earlier line"
"""The reason of lines that say what the table has of an earlier one: nothing is wrong with them."""


def ensure_quarantine(session: Session) -> None:
    """Create the table where it is missing, or has not all of its columns; safe while others do the same."""
    known = session.row(
        "SELECT count(*) AS n FROM pg_attribute WHERE attrelid = to_regclass('quarantine.rejected_rows') "
        "AND attname IN ('byte_offset', 'detail') AND NOT attisdropped"
    )["n"]
    if known < 2:
        create_missing(session, _DDL)


def replace_lines(
    session: Session, table: Table, source: str, rejects: Sequence[Reject], origin: Origin, *, only_source: bool
) -> None:
    """Make `rejects` the rejected lines of the table, or of this source in it where the write is one of a window.

    The caller's transaction publishes them.
    """
    owned = "table_name = %s AND (source = %s OR NOT %s::boolean)"
    session.execute(f"DELETE FROM quarantine.rejected_rows WHERE {owned}", (table.key, source, only_source))
    lines = ((source, one.line, None, one.raw, one.reason, one.detail or None) for one in rejects)
    if rejects:
        _insert(session, table.key, lines, origin)


def replace_records(
    session: Session, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin
) -> None:
    """Make `rejects` the rejected records of each named source for the table, in one transaction."""
    turn = f"rejects {table_name}"
    ensure_turn(session, turn)
    with session.transaction():
        # Two that replace the same sources take turns, instead of one failing on the other's rows.
        take_turn(session, turn)
        session.execute(
            "DELETE FROM quarantine.rejected_rows WHERE table_name = %s AND source = ANY(%s)",
            (table_name, list(rejects)),
        )
        records = (
            (source, record.number, record.offset, record.raw, record.reason, None)
            for source, found in rejects.items()
            for record in found
        )
        _insert(session, table_name, records, origin)


def held_lines(session: Session, table: Table) -> tuple[int, int]:
    """How many rejected lines, and how many exact duplicates, the quarantine holds for a table loaded from a file."""
    if _is_missing(session):
        return 0, 0
    found = session.row(
        "SELECT count(*) FILTER (WHERE reason <> %s) AS rejected, count(*) FILTER (WHERE reason = %s) AS duplicates "
        "FROM quarantine.rejected_rows WHERE table_name = %s",
        (DUPLICATE, DUPLICATE, table.key),
    )
    return found["rejected"], found["duplicates"]


def rejected_sources(session: Session, table_name: str | None) -> list[RejectedSource]:
    """The sources that have rejected records, by table and source; exact duplicates are none."""
    if _is_missing(session):
        return []
    rows = session.rows(
        "SELECT table_name, source, count(*) AS count FROM quarantine.rejected_rows "
        "WHERE (%s::text IS NULL OR table_name = %s) AND reason <> %s GROUP BY 1, 2 ORDER BY 1, 2",
        (table_name, table_name, DUPLICATE),
    )
    return [RejectedSource(row["table_name"], row["source"], row["count"]) for row in rows]


def _is_missing(session: Session) -> bool:
    missing: bool = session.row("SELECT to_regclass('quarantine.rejected_rows') IS NULL AS missing")["missing"]
    return missing


def _insert(session: Session, table_name: str, rejects: Iterable[_Line], origin: Origin) -> None:
    with session.copy_in(f"COPY quarantine.rejected_rows ({_COLUMNS}) FROM STDIN") as copy:
        for source, number, offset, raw, reason, detail in rejects:
            text, exact = _as_text(raw)
            kept = None if exact else raw
            copy.write_row((table_name, source, number, offset, text, kept, reason, detail, origin.run_id or None))


def _as_text(raw: bytes) -> tuple[str, bool]:
    """The record as storable text, and whether that is the whole truth."""
    text = raw.decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
    return text, text.encode() == raw
