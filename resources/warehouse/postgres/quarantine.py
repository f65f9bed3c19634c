"""The table of rejected input, `quarantine.rejected_rows`: what did not fit, where it stood, and why.

A write owns the rejected rows of its table as it owns the table's rows: each load replaces them, in the transaction
that publishes, so that loaded plus rejected always adds up to one reading of the source.
"""

from __future__ import annotations

from collections.abc import Sequence

from resources.warehouse.base import Origin
from resources.warehouse.delimited.scan import Reject
from resources.warehouse.postgres.session import Session
from resources.warehouse.table import Table

_DDL = """
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE TABLE IF NOT EXISTS quarantine.rejected_rows (
    table_name text NOT NULL, source text NOT NULL, line_number bigint NOT NULL,
    raw_text text NOT NULL, raw_bytes bytea, reason text NOT NULL, run_id text,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_name, source, line_number)
);
COMMENT ON TABLE quarantine.rejected_rows IS
    'Lines that no table could take: file, line number, raw text and reason. Mend the source and load it again.';
COMMENT ON COLUMN quarantine.rejected_rows.raw_text IS
    'The line as text; bytes that are not UTF-8 are shown as escapes and kept exactly in raw_bytes.';
"""


def ensure_quarantine(session: Session) -> None:
    """Create the table where it is missing; safe while others do the same."""
    if session.row("SELECT to_regclass('quarantine.rejected_rows') IS NULL AS missing")["missing"]:
        with session.transaction():
            session.execute("SELECT pg_advisory_xact_lock(hashtext('tributary schemas'))")
            session.execute(_DDL)


def replace_rejects(
    session: Session, table: Table, source: str, rejects: Sequence[Reject], origin: Origin, *, only_source: bool
) -> None:
    """Make `rejects` the rejected rows of the table, or of this source in it where the write is one of a window.

    The caller's transaction publishes them.
    """
    owned = "table_name = %s AND (source = %s OR NOT %s::boolean)"
    session.execute(f"DELETE FROM quarantine.rejected_rows WHERE {owned}", (table.key, source, only_source))
    if not rejects:
        return
    columns = "table_name, source, line_number, raw_text, raw_bytes, reason, run_id"
    with session.copy_in(f"COPY quarantine.rejected_rows ({columns}) FROM STDIN") as copy:
        for reject in rejects:
            text, exact = _as_text(reject.raw)
            raw = None if exact else reject.raw
            copy.write_row((table.key, source, reject.line, text, raw, reject.reason, origin.run_id or None))


def _as_text(raw: bytes) -> tuple[str, bool]:
    """The line as storable text, and whether that is the whole truth."""
    text = raw.decode("utf-8", errors="backslashreplace").replace("\0", "\\x00")
    return text, text.encode() == raw
