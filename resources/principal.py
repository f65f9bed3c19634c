"""Somebody, or some machine, that was let in: a name, the roles that tell what they may do, and scopes.

An application in the gateway's own process finds the principal by `principal_of`; one in another process reads it from
the header that `tributary.identity.signing` describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_STATE, _PRINCIPAL = "state", "principal"


class Role(StrEnum):
    """What somebody may do; each role may do what those before it may."""

    VIEWER = "viewer"
    """Reads."""

    OPERATOR = "operator"
    """Launches and cancels runs, starts and stops sensors and schedules, and writes into forms."""

    ADMIN = "admin"
    """Wipes, deletes, and changes settings and what is known of assets."""


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Args:
        name: a local user's name, `oidc:NAME` of somebody whom an OpenID provider knows, `key:NAME` of an API key, or
            `owner` where no log-in is asked for.
        roles: all that they have; none where they may do nothing.
        scopes: what else was granted to them by name, such as `pii`; which there are is the applications' matter.
    """

    name: str
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()

    def may(self, role: Role) -> bool:
        """Whether they have a role."""
        return role in self.roles


def roles_up_to(role: Role | None) -> frozenset[Role]:
    """A role with those before it."""
    known = list(Role)
    return frozenset() if role is None else frozenset(known[: known.index(role) + 1])


def highest(roles: Iterable[Role]) -> Role | None:
    """The role that may do most; None of none."""
    found = set(roles)
    return next((role for role in reversed(Role) if role in found), None)


OWNER = Principal("owner", frozenset(Role), frozenset({"pii"}))
"""Whoever reaches a server that listens on loopback alone and asks for no log-in."""


def with_principal(scope: Mapping[str, Any], principal: Principal) -> dict[str, Any]:
    """An ASGI scope that tells an application in this process who asks."""
    return {**scope, _STATE: {**(scope.get(_STATE) or {}), _PRINCIPAL: principal}}


def principal_of(scope: Mapping[str, Any]) -> Principal:
    """Who asks, by an ASGI scope that came through the gateway (in WSGI it is `environ["asgi.scope"]`).

    Raises:
        LookupError: it did not come through the gateway.
    """
    found = (scope.get(_STATE) or {}).get(_PRINCIPAL)
    if not isinstance(found, Principal):
        raise LookupError("This request did not come through the gateway: it says of nobody who asks.")
    return found
