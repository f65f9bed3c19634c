"""The connection to Postgres, and the tables brought up to date at the start.

What the tables are is in `models`; how they came to be in `migrations`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from tributary.assets.sneakers.app.errors import TablesError
from tributary.assets.sneakers.app.models import SCHEMA

MIGRATIONS = Path(__file__).with_name("migrations")
Sessions = Callable[[], Session]
"""Gives a new session; use it as a context manager."""

POOL = 10
"""Connections that are kept; as many again are opened when all are busy."""

# A write waits for another write to the same pair, never for long; no page is worth a longer statement than this.
_OPTIONS = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s"
_MIGRATION_LOCK = 0x736E65616B657273


def open_engine(database_url: str) -> Engine:
    """An engine on the database, whichever driver its URL names; it connects when it is first used."""
    return create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        pool_size=POOL,
        max_overflow=POOL,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": _OPTIONS, "application_name": "tributary sneakers"},
    )


def open_sessions(engine: Engine) -> Sessions:
    """Sessions whose objects can be read after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def migrate(engine: Engine) -> None:
    """Bring the tables up to date; processes that do it at once take turns, and one finds nothing left to do.

    Raises:
        TablesError: the database refuses, or its tables are of a newer version than this code.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '5min'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{SCHEMA}"'))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise TablesError(
            f"The tables in schema {SCHEMA!r} are of a version that this code does not know ({error}): "
            "update the code, or give it another database."
        ) from None
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise TablesError(
            f"The tables of the form app cannot be made in schema {SCHEMA!r} ({reason}): check the database and the "
            "rights of its user."
        ) from None
