"""What is kept of identity: tables in the schema `identity` of the database `app`, which `versions` brought about.

No table holds a password, a session's token or a key: only what they are known again by.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Engine,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
)

from tributary.resources.errors import TributaryError
from tributary.resources.postgres.migrating import migrate, open_engine

SCHEMA = "identity"
_VERSIONS = Path(__file__).with_name("versions")
_OPTIONS = "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s"
_POOL = 5

metadata = MetaData(schema=SCHEMA)


def _when(name: str, *, now: bool = False, required: bool = False) -> Column[datetime]:
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), server_default=default, nullable=not (now or required))


def _granted() -> tuple[Column[str], Column[list[str]]]:
    return Column("role", Text), Column("scopes", ARRAY(Text), nullable=False)


users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    *_granted(),
    _when("made_at", now=True),
)
"""People who log in with a password; its hash is Argon2id's, in the PHC string format."""

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    *_granted(),
    Column("address", Text),
    _when("made_at", now=True),
    _when("ends_at", required=True),
    _when("revoked_at"),
    Column("id_token", Text),
)
"""Log-ins that hold; the token's hash is SHA-256, as the token has 256 random bits. `id_token` is what an OpenID
provider said of somebody, by which it knows whose log-out is asked for; it opens nothing, and is gone with the log-in.
"""

tries = Table(
    "tries",
    metadata,
    _when("at", now=True),
    Column("name_hash", Text, nullable=False),
    Column("address", Text, nullable=False),
    Index("tries_at", "at"),
)
"""Passwords that were tried in the last minute; by a hash, as people type passwords where their name belongs."""

keys = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("secret_hash", Text, nullable=False, unique=True),
    *_granted(),
    _when("made_at", now=True),
    _when("ends_at"),
    _when("revoked_at"),
    _when("used_at"),
)
"""API keys; hashed as sessions are."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _when("at", now=True),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("address", Text),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Index("audit_at", "at"),
)
"""Every change that was asked for through the gateway, every log-in and log-out, and everything that was refused to
somebody known. `outcome` is `allowed`, `refused` or `failed`; `status` is the answer's, null while there is none."""


class IdentityError(TributaryError):
    """What is kept of identity cannot be changed as asked."""


def open_tables(url: str) -> Engine:
    """The database's engine, with its tables brought up to date.

    Args:
        url: of the database `app`; any PostgreSQL URL, whichever driver it names.

    Raises:
        TablesError: the tables cannot be made.
    """
    engine = open_engine(url, "tributary identity", _OPTIONS, _POOL)
    migrate(engine, SCHEMA, _VERSIONS)
    return engine
