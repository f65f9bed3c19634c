"""API keys: what machines come with, as `Authorization: Bearer trib_…`, kept by `tributary keys`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from tributary.identity.tables import IdentityError, keys
from tributary.identity.tokens import kept, new_token
from tributary.identity.users import checked_name, checked_scopes
from tributary.resources.principal import Principal, Role, roles_up_to

MARK = "trib_"
"""What a key begins with, so that scanners of repositories know a leaked one."""


def add_key(engine: Engine, name: str, role: Role, scopes: Iterable[str], lasts: timedelta | None) -> str:
    """Make a key, which is told here and never again; `lasts` is None for one without end.

    Raises:
        UsageError: the name or a scope cannot be one.
        IdentityError: there is, or was, a key of that name, by which the audit log tells them apart.
    """
    token = MARK + new_token()
    row = {"name": checked_name(name), "role": role, "scopes": checked_scopes(scopes), "secret_hash": kept(token)}
    ends = None if lasts is None else func.now() + lasts
    try:
        with engine.begin() as connection:
            connection.execute(insert(keys).values(**row, ends_at=ends))
    except IntegrityError:
        raise IdentityError(f"There is, or was, a key {name}: give this one another name.") from None
    return token


def revoke_key(engine: Engine, name: str) -> None:
    """End a key.

    Raises:
        IdentityError: there is none of that name that holds.
    """
    changed = update(keys).where(keys.c.name == name, keys.c.revoked_at.is_(None)).values(revoked_at=func.now())
    with engine.begin() as connection:
        if not connection.execute(changed).rowcount:
            raise IdentityError(f"There is no key {name} that holds: `tributary keys list` shows which there are.")


def find_key(engine: Engine, token: str) -> Principal | None:
    """Whose key it is; None where there is none, or it ended."""
    if not token.startswith(MARK):
        return None
    ends = keys.c.ends_at.is_(None) | (keys.c.ends_at > func.now())
    holds = (keys.c.secret_hash == kept(token)) & keys.c.revoked_at.is_(None) & ends
    with engine.begin() as connection:
        row = connection.execute(select(keys).where(holds)).mappings().first()
        if row is None:
            return None
        # To the minute: that a key is used often is no reason to write often.
        old = keys.c.used_at.is_(None) | (keys.c.used_at < func.now() - timedelta(minutes=1))
        connection.execute(update(keys).where(keys.c.name == row["name"], old).values(used_at=func.now()))
    return Principal(f"key:{row['name']}", roles_up_to(Role(row["role"])), frozenset(row["scopes"]))
