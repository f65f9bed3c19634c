"""The three databases, on the embedded server or on the one given by URL: made when missing, named, and addressed.

Their tables belong to who owns them: the warehouse, the form app, and Dagster.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from tributary.resources.postgres.cluster import SUPERUSER
from tributary.resources.postgres.embedded import EmbeddedPostgres
from tributary.resources.postgres.errors import PostgresError
from tributary.resources.postgres.loopback import ICEBERG, ICEBERG_OWNER, ensure_roles, passwords
from tributary.resources.postgres.postmaster import PORT
from tributary.resources.postgres.reader import READER, ensure_reader

if TYPE_CHECKING:
    import psycopg

    from tributary.resources.settings import Settings

DatabaseName = Literal["warehouse", "app", "dagster"]
NAMES: tuple[DatabaseName, ...] = get_args(DatabaseName)
OLDEST_VERSION = 17
"""The oldest major version of Postgres whose features are used (`COPY … ON_ERROR`)."""

_RECOVERY_PATIENCE = 60.0
_UNREADABLE = (
    "TRIBUTARY_POSTGRES_URL cannot be read as a URL: write postgresql://user:password@host:port/database, with the "
    "special characters of the password percent-encoded."
)
_CONNECT_SECONDS = "10"
# What people typed must survive a crash, see tuning.py; on a server of somebody else the setting is theirs.
_DURABLE: DatabaseName = "app"
_READ: DatabaseName = "warehouse"


@dataclass(frozen=True)
class Databases:
    """The databases of one server, and this process's hold on it where it is the embedded one.

    Use it as a context manager, or call `close`. A process that ends otherwise lets go of the server just as well.
    """

    server_url: str = field(repr=False)
    prefix: str = ""
    server: EmbeddedPostgres | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def name(self, name: DatabaseName) -> str:
        """The database's name on the server."""
        return f"{self.prefix}{name}"

    def url(self, name: DatabaseName) -> str:
        """The URL of a database, as libpq, psycopg and SQLAlchemy (with its default driver) read it."""
        return _with_database(self.server_url, self.name(name))

    def sqlalchemy_url(self, name: DatabaseName) -> str:
        """The URL of a database for SQLAlchemy with the driver psycopg 3."""
        return "postgresql+psycopg://" + self.url(name).partition("://")[2]

    def reader_url(self, name: DatabaseName) -> str:
        """The URL of a database for sessions that only read.

        On the embedded server they are a role of their own, which can read the warehouse's tables and do nothing else;
        on a server given by URL, its administrator decides what the URL's user may do.
        """
        url = self.url(name)
        return url if self.server is None else url.replace(f"//{SUPERUSER}@", f"//{READER}@", 1)

    def iceberg_url(self) -> str:
        """The URL of the database of the Iceberg catalogue, as its owner; the database is made where it is missing.

        On the embedded server that owner is a role that is there once a port was opened.
        """
        name = f"{self.prefix}{ICEBERG}"
        with _open(self.server_url) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                _create(connection, self, name, None if self.server is None else ICEBERG_OWNER)
        url = _with_database(self.server_url, name)
        return url if self.server is None else url.replace(f"//{SUPERUSER}@", f"//{ICEBERG_OWNER}@", 1)

    def close(self) -> None:
        """Let go of the embedded server, which stops where nobody else uses it."""
        if self.server is not None:
            self.server.stop()


def connect(settings: Settings) -> Databases:
    """The databases that the settings ask for, reachable and made: starts the embedded server where it is needed.

    Raises:
        PostgresError: when the server cannot be started or reached, is too old, or does not let us make a database.
    """
    if settings.postgres_url is not None:
        external = Databases(_normal(settings.postgres_url.get_secret_value()), settings.database_prefix)
        _ensure(external)
        return external
    port, lock = settings.postgres_port, settings.postgres_data.with_name("postgres.lock")
    server = EmbeddedPostgres(settings.postgres_data, lock, port=port)
    server.start()
    try:
        if port not in (None, server.socket_port):
            raise PostgresError(
                f"Postgres on {server.data} already runs without the port {port} of TRIBUTARY_POSTGRES_PORT: stop what "
                "uses it, and start again."
            )
        folder = quote(str(server.socket_folder), safe="")
        number = "" if server.socket_port == PORT else f"&port={server.socket_port}"
        url = f"postgresql://{SUPERUSER}@/postgres?host={folder}{number}"
        embedded = Databases(url, settings.database_prefix, server)
        _ensure(embedded)
        if port is not None:
            with _open(url) as connection:
                ensure_roles(connection, passwords(settings))
    except BaseException:
        server.stop()
        raise
    return embedded


def unreachable(url: str, patience: int = 3) -> str | None:
    """Why a server cannot be reached; None where it can. `patience` is in seconds."""
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=patience, application_name="tributary").close()
    except psycopg.OperationalError as error:
        return _reason(error)
    return None


def masked(url: str) -> str:
    """A URL fit to be shown: its password as asterisks."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")
    user, colon, _ = where[0].partition(":")
    netloc = f"{user}{':********' if colon else ''}{where[1]}{where[2]}"
    query = urlencode([(key, "********" if key == "password" else value) for key, value in parse_qsl(parts.query)])
    return parts._replace(netloc=netloc, query=query).geturl()


def _ensure(databases: Databases) -> None:
    """Check the server and make what is missing on it. Safe to run in any number of processes at once."""
    from psycopg import sql

    with _open(databases.server_url) as connection:
        version = connection.info.server_version
        if version < OLDEST_VERSION * 10_000:
            raise PostgresError(
                f"The server at {masked(databases.server_url)} is Postgres {version // 10_000}: Tributary needs "
                f"{OLDEST_VERSION} or later."
            )
        wanted = [databases.name(name) for name in NAMES]
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname = ANY(%s)", [wanted]).fetchall()
        found = {row[0] for row in rows}
        if databases.server is not None:
            # Before the databases, as the warehouse is a copy of one that the reader may read.
            ensure_reader(connection, _READ, lambda name: _open(_with_database(databases.server_url, name)))
        for name in NAMES:
            if databases.name(name) not in found:
                _create(connection, databases, databases.name(name))
        if databases.server is not None and databases.name(_DURABLE) not in found:
            durable = sql.Identifier(databases.name(_DURABLE))
            connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = on").format(durable))


def _create(connection: psycopg.Connection, databases: Databases, name: str, owner: str | None = None) -> None:
    from psycopg import errors, sql

    # On the embedded server the common template carries what the reader may do: in the warehouse alone.
    own = databases.server is not None and name != databases.name(_READ)
    template = sql.SQL("TEMPLATE template0" if own else "")
    owned = sql.SQL("OWNER {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
    try:
        connection.execute(sql.SQL("CREATE DATABASE {} {} {}").format(sql.Identifier(name), template, owned))
    except (errors.DuplicateDatabase, errors.UniqueViolation):
        # Another process made it at the same moment.
        return
    except errors.InsufficientPrivilege:
        raise PostgresError(
            f"The user of {masked(databases.server_url)} may not make the database {name!r}: grant it "
            "CREATEDB, or make the database for it."
        ) from None


def _open(url: str) -> psycopg.Connection:
    """An autocommit connection; waits while the server recovers from a crash."""
    import psycopg

    deadline = time.monotonic() + _RECOVERY_PATIENCE
    while True:
        try:
            return psycopg.connect(url, autocommit=True, application_name="tributary")
        except psycopg.ProgrammingError:
            # libpq's message quotes the part it does not understand, which may be the password.
            raise PostgresError(_UNREADABLE) from None
        except psycopg.OperationalError as error:
            # The server is there and says that it is starting, recovering or stopping.
            passing = isinstance(error, psycopg.errors.CannotConnectNow) or "the database system is" in str(error)
            if not passing or time.monotonic() > deadline:
                raise PostgresError(
                    f"The Postgres server at {masked(url)} cannot be reached ({_reason(error)}): check "
                    "TRIBUTARY_POSTGRES_URL and that the server runs."
                ) from None
        time.sleep(0.1)


def _reason(error: Exception) -> str:
    """The cause in libpq's message: what follows the last address it tried, without its advice."""
    lines = [line.strip() for line in str(error).splitlines()]
    causes = [line for line in lines if line and not line.startswith(("Is the server", "- host", "Multiple"))]
    return causes[-1].rpartition("failed: ")[2].removesuffix(".") if causes else type(error).__name__


def _normal(url: str) -> str:
    """The URL with the scheme that every library knows, and a bound on how long a connection attempt may take."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise PostgresError(_UNREADABLE) from None
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "dbname"]
    if "connect_timeout" not in dict(query):
        query.append(("connect_timeout", _CONNECT_SECONDS))
    path = parts.path if parts.path.strip("/") else "/postgres"
    return parts._replace(scheme="postgresql", path=path, query=urlencode(query)).geturl()


def _with_database(url: str, database: str) -> str:
    return urlsplit(url)._replace(path=f"/{quote(database, safe='')}").geturl()
