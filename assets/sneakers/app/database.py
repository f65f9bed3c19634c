"""The connection to Postgres, and the tables brought up to date at the start.

What the tables are is in `models`; how they came to be in `migrations`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from tributary.assets.sneakers.app.models import SCHEMA
from tributary.resources.postgres import migrating

MIGRATIONS = Path(__file__).parent / "migrations" / "versions"
Sessions = Callable[[], Session]
"""Gives a new session; use it as a context manager."""

POOL = 10
"""Connections that are kept; as many again are opened when all are busy."""

# A write waits for another write to the same pair, never for long; no page is worth a longer statement than this.
_OPTIONS = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s"


def open_engine(database_url: str) -> Engine:
    """An engine on the database, whichever driver its URL names; it connects when it is first used."""
    return migrating.open_engine(database_url, "tributary sneakers", _OPTIONS, POOL)


def open_sessions(engine: Engine) -> Sessions:
    """Sessions whose objects can be read after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def migrate(engine: Engine) -> None:
    """Bring the tables up to date.

    Raises:
        TablesError: the database refuses, or its tables are of a newer version than this code.
    """
    migrating.migrate(engine, SCHEMA, MIGRATIONS)
