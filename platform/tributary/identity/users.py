"""Local users: people who log in with a name and a password, kept by `tributary users`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tributary.identity.passwords import hashed
from tributary.identity.sessions import revoke_all
from tributary.identity.tables import IdentityError, users
from tributary.resources.errors import UsageError
from tributary.resources.principal import Principal, Role, roles_up_to

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_SCOPE = re.compile(r"[a-z0-9_.-]{1,64}")
SHORTEST, LONGEST = 12, 1024
"""Characters of a password (NIST SP 800-63B asks for eight at least, and for 64 to be taken)."""


def add_user(engine: Engine, name: str, password: str, role: Role, scopes: Iterable[str] = ()) -> None:
    """Make a user.

    Raises:
        UsageError: the name, a scope or the password cannot be one.
        IdentityError: there is one of that name.
    """
    row = {"name": checked_name(name), "role": role, "scopes": checked_scopes(scopes)}
    try:
        with engine.begin() as connection:
            connection.execute(insert(users).values(**row, password_hash=hashed(checked_password(password))))
    except IntegrityError:
        raise IdentityError(f"There is a user {name} already: change the password, or remove the user first.") from None


def remove_user(engine: Engine, name: str) -> None:
    """Take a user away, and end their sessions.

    Raises:
        IdentityError: there is none of that name.
    """
    with engine.begin() as connection:
        _one(connection.execute(delete(users).where(users.c.name == name)).rowcount, name)
        revoke_all(connection, name)


def change_password(engine: Engine, name: str, password: str) -> None:
    """Give a user another password, and end their sessions.

    Raises:
        UsageError: the password cannot be one.
        IdentityError: there is no user of that name.
    """
    changed = update(users).where(users.c.name == name).values(password_hash=hashed(checked_password(password)))
    with engine.begin() as connection:
        _one(connection.execute(changed).rowcount, name)
        revoke_all(connection, name)


def log_out(engine: Engine, name: str) -> int:
    """End the sessions of somebody, as they are named in the audit log; how many held."""
    with engine.begin() as connection:
        return revoke_all(connection, name)


def find_user(engine: Engine, name: str) -> tuple[Principal, str] | None:
    """A user and their password's hash."""
    with engine.connect() as connection:
        row = connection.execute(select(users).where(users.c.name == name)).mappings().first()
    if row is None:
        return None
    return Principal(row["name"], roles_up_to(Role(row["role"])), frozenset(row["scopes"])), row["password_hash"]


def has_users(engine: Engine) -> bool:
    """Whether anybody can log in with a password."""
    with engine.connect() as connection:
        return connection.execute(select(users.c.name).limit(1)).first() is not None


def checked_name(name: str) -> str:
    """A name that a user or key may have.

    Raises:
        UsageError: it may not.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name: use small letters, digits and . _ @ -, 64 at most.")
    return name


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """Scopes that may be granted.

    Raises:
        UsageError: one may not.
    """
    found = sorted(set(scopes))
    for scope in found:
        if not _SCOPE.fullmatch(scope):
            raise UsageError(f"{scope!r} is no scope: use small letters, digits and . _ -, 64 at most.")
    return found


def checked_password(password: str) -> str:
    """A password that may be set.

    Raises:
        UsageError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"A password has {SHORTEST} characters at least, and {LONGEST:,} at most.")
    return password


def _one(count: int, name: str) -> None:
    if not count:
        raise IdentityError(f"There is no user {name}: `tributary users list` shows who there is.")
