"""Sessions: log-ins that hold for a while, known by a random token in a cookie, and revoked at any time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, Engine, Update, func, insert, select, update

from tributary.identity.principal import Principal, Role, highest, roles_up_to
from tributary.identity.tables import sessions
from tributary.identity.tokens import kept, new_token


def begin_session(engine: Engine, principal: Principal, lasts: timedelta, address: str) -> str:
    """A new session's token: always a new one, whatever the browser held before."""
    token = new_token()
    row = {
        "token_hash": kept(token),
        "name": principal.name,
        "role": highest(principal.roles),
        "scopes": sorted(principal.scopes),
        "address": address,
        "ends_at": func.now() + lasts,
    }
    with engine.begin() as connection:
        connection.execute(insert(sessions).values(**row))
    return token


def find_session(engine: Engine, token: str) -> Principal | None:
    """Whose session it is; None where there is none, or it ended."""
    holds = (sessions.c.token_hash == kept(token)) & sessions.c.revoked_at.is_(None) & (sessions.c.ends_at > func.now())
    with engine.connect() as connection:
        row = connection.execute(select(sessions).where(holds)).mappings().first()
    if row is None:
        return None
    role = Role(row["role"]) if row["role"] else None
    return Principal(row["name"], roles_up_to(role), frozenset(row["scopes"]))


def end_session(engine: Engine, token: str) -> None:
    """Revoke one session."""
    with engine.begin() as connection:
        connection.execute(_revoked().where(sessions.c.token_hash == kept(token)))


def revoke_all(connection: Connection, name: str) -> int:
    """Revoke all sessions of somebody; how many held."""
    return connection.execute(_revoked().where(sessions.c.name == name, sessions.c.ends_at > func.now())).rowcount


def _revoked() -> Update:
    return update(sessions).where(sessions.c.revoked_at.is_(None)).values(revoked_at=func.now())
