"""How an application behind the gateway is told who asks: by one signed header that nobody else can write.

`X-Tributary-Principal` is a JSON Web Token (RFC 7519), signed with HMAC-SHA-256 by the key in `<home>/principal-key`:

| claim | meaning |
| --- | --- |
| `iss` | `tributary` |
| `aud` | the application that it is for, so that none can pass it on to another |
| `sub`, `roles`, `scopes` | the principal |
| `iat`, `exp` | seconds since 1970; it holds for a minute, from when a request or a websocket begins |

What a client sends under that name never passes the gateway.
"""

from __future__ import annotations

import time
from pathlib import Path

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from tributary.resources.home import put_whole
from tributary.resources.principal import Principal, Role
from tributary.resources.secret import kept_secret
from tributary.resources.settings import Settings

HEADER = b"x-tributary-principal"
DAGSTER = "dagster"
"""The audience that Dagster's own server is."""

DASHBOARD = "dashboard"

SECONDS = 60
_LEEWAY = 5
_ISSUER, _ALGORITHM = "tributary", "HS256"


class Forged(Exception):
    """A header that the gateway did not write, wrote for another application, or wrote too long ago."""


FILE = "principal-key"


def signing_key(home: Path) -> OctKey:
    """The key of a home, made once."""
    return key_in(home / FILE)


def place_key(settings: Settings) -> None:
    """Put the settings' key, if any, where all processes of the home look for it."""
    if settings.principal_key is not None:
        put_whole(settings.home / FILE, settings.principal_key.get_secret_value().encode())


def key_in(path: Path) -> OctKey:
    """The key in a file, which is made where it is missing."""
    return OctKey.import_key(kept_secret(path))


def signed(principal: Principal, audience: str, key: OctKey) -> bytes:
    """The header's value for an application."""
    now = int(time.time())
    claims = {
        "iss": _ISSUER,
        "aud": audience,
        "sub": principal.name,
        "roles": sorted(principal.roles),
        "scopes": sorted(principal.scopes),
        "iat": now,
        "exp": now + SECONDS,
    }
    return jwt.encode({"alg": _ALGORITHM}, claims, key).encode()


def read(value: bytes, audience: str, key: OctKey) -> Principal:
    """Who asks, by the header's value.

    Raises:
        Forged: the value is not the gateway's word to this application, now.
    """
    try:
        claims = jwt.decode(value.decode("ascii"), key, algorithms=[_ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": _ISSUER},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)
        roles = frozenset(Role(one) for one in claims["roles"])
        return Principal(claims["sub"], roles, frozenset(map(str, claims["scopes"])))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Forged from error


def without_principal(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers without what a client wrote under the header's name; WSGI takes `_` for `-`, so that counts too."""
    return [(name, value) for name, value in headers if name.lower().replace(b"_", b"-") != HEADER]
