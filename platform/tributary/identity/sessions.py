"""Sessions: log-ins that hold for a while, known by a random token in a cookie, and revoked at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine, Update, func, insert, select, update

from tributary.identity.tables import sessions, users
from tributary.identity.tokens import kept, new_token
from tributary.resources.principal import Principal, Role, highest, roles_up_to


@dataclass(frozen=True)
class Proof:
    """By what somebody was known: the hash of a local user's password, or what an OpenID provider said of them."""

    password_hash: str | None = None
    id_token: str | None = None


def begin_session(engine: Engine, principal: Principal, proof: Proof, lasts: timedelta, address: str) -> str | None:
    """A new session's token: always a new one, whatever the browser held before.

    None where a local user is gone, or has another password, since theirs was looked at.
    """
    token = new_token()
    row = {
        "token_hash": kept(token),
        "name": principal.name,
        "role": highest(principal.roles),
        "scopes": sorted(principal.scopes),
        "address": address,
        "id_token": proof.id_token,
        "ends_at": func.now() + lasts,
    }
    same = (users.c.name == principal.name) & (users.c.password_hash == proof.password_hash)
    with engine.begin() as connection:
        # Until this is committed the user cannot be changed: who is changed after that has a session to be ended.
        held = select(users.c.name).where(same).with_for_update(read=True)
        if proof.password_hash is not None and connection.execute(held).first() is None:
            return None
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


def end_session(engine: Engine, token: str) -> str | None:
    """Revoke one session; what its OpenID provider said of whose it was."""
    its = sessions.c.token_hash == kept(token)
    with engine.begin() as connection:
        said: str | None = connection.execute(select(sessions.c.id_token).where(its).with_for_update()).scalar()
        connection.execute(_revoked().where(its))
    return said


def revoke_all(connection: Connection, name: str) -> int:
    """Revoke all sessions of somebody; how many held."""
    return connection.execute(_revoked().where(sessions.c.name == name, sessions.c.ends_at > func.now())).rowcount


def _revoked() -> Update:
    return update(sessions).where(sessions.c.revoked_at.is_(None)).values(revoked_at=func.now(), id_token=None)
