"""The schema `_parts` and what is in it beside partitions: records of what was published, and what publishing needs."""

from __future__ import annotations

from tributary.resources.warehouse.postgres import ledger, notes, snapshots
from tributary.resources.warehouse.postgres.relations import CONSTANT_DDL, PARTS, create_missing
from tributary.resources.warehouse.postgres.session import Session

# Rows are read through the tables that people see, where grants and policies are: default privileges that somebody set
# for all schemas must open no other way to them.
_SCHEMA = f"""
CREATE SCHEMA IF NOT EXISTS "{PARTS}";
DO $$ DECLARE other text; BEGIN
    FOR other IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE n.nspname = '{PARTS}' AND a.grantee <> n.nspowner
    LOOP EXECUTE format('REVOKE ALL ON SCHEMA "{PARTS}" FROM %s CASCADE', other); END LOOP;
END $$
"""


def ensure_parts(session: Session) -> None:
    """Create the schema and its tables where they are missing; safe while others do the same."""
    missing = session.row(
        "SELECT num_nulls(to_regclass('_parts.loaded_sources'), to_regclass('_parts.horizon'), "
        "to_regtype('_parts.constant')) > 0 AS some"
    )
    if missing["some"]:
        create_missing(session, f"{_SCHEMA}; {CONSTANT_DDL}; {notes.DDL}; {ledger.DDL}; {snapshots.DDL}")
