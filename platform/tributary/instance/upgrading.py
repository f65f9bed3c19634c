"""Brings Dagster's own tables up to date where another version of Dagster had them last."""

from __future__ import annotations

import dagster as dg
import psycopg

from tributary.instance.pooled_storage import has_made_tables

_KEY = "tributary/dagster"
"""Of the note, in Dagster's own store of cursors, of which version brought its tables up to date."""

_LOCK = 0x75706772616465


def upgrade_records(instance: dg.DagsterInstance, url: str) -> bool:
    """Migrate the instance's tables, unless this version of Dagster has; whether that was to be noted.

    Tables that this very process has made are as its own code has them. Processes that open a home at once take turns.

    Raises:
        psycopg.Error, sqlalchemy.exc.SQLAlchemyError: the database refuses.
    """
    cursors = instance.daemon_cursor_storage

    def is_noted() -> bool:
        return cursors.get_cursor_values({_KEY}).get(_KEY) == dg.__version__

    if is_noted():
        return False
    with psycopg.connect(url, autocommit=True, application_name="tributary upgrade") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        if is_noted():
            return False
        if not has_made_tables(url):
            instance.upgrade()
        cursors.set_cursor_values({_KEY: dg.__version__})
    return True
