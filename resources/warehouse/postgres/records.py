"""The schema `_parts` and the tables in it that record what was published; what they say is `notes`' and `ledger`'s."""

from __future__ import annotations

from resources.warehouse.postgres import ledger, notes
from resources.warehouse.postgres.relations import PARTS
from resources.warehouse.postgres.session import Session


def ensure_parts(session: Session) -> None:
    """Create the schema and its tables where they are missing; safe while others do the same."""
    if session.row("SELECT to_regclass('_parts.loaded_sources') IS NULL AS missing")["missing"]:
        with session.transaction():
            session.execute("SELECT pg_advisory_xact_lock(hashtext('tributary schemas'))")
            session.execute(f'CREATE SCHEMA IF NOT EXISTS "{PARTS}"; {notes.DDL}; {ledger.DDL}')
