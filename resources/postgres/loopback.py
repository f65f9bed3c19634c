"""The port on loopback that the embedded server opens where the settings ask for it, and who may come in by it.

Two roles may, each by its password: one that reads the warehouse, for BI tools, and one that owns the database of the
Iceberg catalogue, for Trino. All others keep to the Unix socket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from tributary.resources.postgres.reader import READER
from tributary.resources.secret import kept_secret
from tributary.resources.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    import psycopg

BI = "tributary_bi"
"""The role of BI tools, which may do what reading sessions may."""

ICEBERG = "iceberg"
"""The database of the Iceberg catalogue; a prefix of the settings is put before it."""

ICEBERG_OWNER = "tributary_iceberg"
"""The role that owns that database."""

_ITERATIONS = {ICEBERG_OWNER: 1}
"""How often the password of a role is hashed by who comes in, where that is not as the server has it.

Hashing often makes it slow to guess what a person chose (RFC 7677, 4). This password is 256 bits of chance, and Trino
opens a connection for each look into the catalogue: a tenth of its processor time went into hashing.
"""

HBA_FILE = "tributary_hba.conf"
HBA = f"""\
# Written by Tributary at every start: edits are lost.
local all all trust
host all {BI} {LOOPBACK}/32 scram-sha-256
host all {ICEBERG_OWNER} {LOOPBACK}/32 scram-sha-256
host all all all reject
"""
"""Who may connect (PostgreSQL 18, 20.1)."""


def configuration(port: int) -> str:
    """What the server's configuration says of the port; the last of two lines on one parameter holds."""
    return f"listen_addresses = '{LOOPBACK}'\nport = {port}\nhba_file = '{HBA_FILE}'\n"


def password(settings: Settings, role: str) -> str:
    """The password of a role, made once and kept in the home."""
    return kept_secret(settings.home / f"postgres-{role}-password")


def passwords(settings: Settings) -> dict[str, str]:
    """The password by role."""
    return {role: password(settings, role) for role in (BI, ICEBERG_OWNER)}


def ensure_roles(connection: psycopg.Connection, kept: Mapping[str, str]) -> None:
    """Make the roles, and give them these passwords; safe in many processes at once.

    Args:
        connection: in autocommit mode, as the superuser.
        kept: the password by role.
    """
    from psycopg import errors, sql

    for role, secret in kept.items():
        digest, often = hashlib.sha256(secret.encode()).hexdigest()[:16], _ITERATIONS.get(role)
        mark = f"Comes in by the port on loopback ({digest}{f', hashed {often} times' if often else ''})."
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s", [role]
        ).fetchone()
        if found and found[0] == mark:
            continue
        name = sql.Identifier(role)
        with suppress(errors.DuplicateObject, errors.UniqueViolation):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        with connection.transaction():
            connection.execute("LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE")
            if often:
                connection.execute(sql.SQL("SET LOCAL scram_iterations = {}").format(sql.Literal(often)))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(secret)))
            if role == BI:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(READER), name))
            connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(name, sql.Literal(mark)))
