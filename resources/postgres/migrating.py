"""Tables of the platform's own, in one schema of a database: reached by an engine, brought up to date by Alembic."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tributary.resources.postgres.errors import PostgresError

_ENTRY = Path(__file__).with_name("migrations")


class TablesError(PostgresError):
    """Tables cannot be made or brought up to date."""


def open_engine(url: str, name: str, options: str, pool: int | None) -> Engine:
    """An engine on a database, which connects when it is first used; what fails does not tell the values.

    Args:
        url: of the database; any PostgreSQL URL, whichever driver it names.
        name: by which the server knows the connections.
        options: settings of each, as `-c name=value`.
        pool: connections that are kept, with as many again when all are busy; None to keep none between uses.
    """
    kept: dict[str, Any] = {"poolclass": NullPool}
    if pool is not None:
        kept = {"pool_size": pool, "max_overflow": pool, "pool_pre_ping": True}
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        **kept,
        hide_parameters=True,
        connect_args={"options": options, "application_name": name},
    )


def migrate(engine: Engine, schema: str, versions: Path, to: str = "head") -> None:
    """Bring a schema's tables up to date; processes that do it at once take turns, and one finds nothing left to do.

    Args:
        engine: of the database.
        schema: where the tables are, and the note of which version they have.
        versions: folder of Alembic's versions.
        to: the version that is wanted.

    Raises:
        TablesError: the database refuses, or its tables are of a newer version than this code.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_ENTRY).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '5min'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(schema.encode())})
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            config.attributes.update(connection=connection, schema=schema)
            command.upgrade(config, to)
    except CommandError as error:
        raise TablesError(
            f"The tables in schema {schema!r} are of a version that this code does not know ({error}): "
            "update the code, or give it another database."
        ) from None
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise TablesError(
            f"The tables in schema {schema!r} cannot be made ({reason}): check the database and the rights of its user."
        ) from None
