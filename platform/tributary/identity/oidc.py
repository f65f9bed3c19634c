"""OpenID Connect: the authorization code flow with PKCE by Authlib, and what a person's claims grant them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from tributary.resources.principal import Principal, Role, highest, roles_up_to
from tributary.resources.settings import Settings

EVERYBODY = "*"
_SIGNED_BY = "id_token_signing_alg_values_supported"
_BY_A_PAIR = ("RS", "PS", "ES", "Ed")
"""How the names of algorithms begin that sign with a pair of keys (RFC 7518, RFC 8037); without any RS256 is meant."""

_LONGEST = 100
_TIMEOUT = 10.0


class NotLetIn(Exception):
    """The provider did not say who somebody is, or cannot be asked; the text is for them."""


class Provider:
    """The OpenID provider of the settings."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.oidc_client_secret
        self._claim = settings.oidc_roles_claim
        self._grants = grants_of(settings.oidc_roles)
        issuer = str(settings.oidc_issuer).rstrip("/")
        # What a token must say, whatever the provider's configuration says of itself.
        self._claims = {
            "iss": {"essential": True, "values": [issuer, f"{issuer}/"]},
            "aud": {"essential": True, "value": settings.oidc_client_id},
        }
        self._client: Any = OAuth().register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT,
                **({"token_endpoint_auth_method": "none"} if secret is None else {}),
            },
        )

    async def redirect(self, request: Request, back: str) -> Response:
        """Send a browser to the provider, which sends it back to `back`.

        Raises:
            NotLetIn: the provider cannot be asked.
        """
        try:
            answer: Response = await self._client.authorize_redirect(request, back)
        except (httpx2.HTTPError, OAuthError, ValueError, RuntimeError, KeyError) as error:
            raise NotLetIn("The OpenID provider cannot be asked at this moment: try again.") from error
        return answer

    async def principal(self, request: Request) -> tuple[Principal, str, str]:
        """Who came back from the provider, the subject that the provider knows them by, and the token that says it.

        Raises:
            NotLetIn: state, code, signature, issuer, audience, nonce or time are not as they must be.
        """
        try:
            metadata = await self._client.load_server_metadata()
            # Some announce "none", too, by which anybody signs.
            metadata[_SIGNED_BY] = [one for one in metadata.get(_SIGNED_BY, ()) if one[:2] in _BY_A_PAIR]
            token = await self._client.authorize_access_token(request, claims_options=self._claims)
            claims = token.get("userinfo")
            if not claims or not isinstance(claims.get("sub"), str) or not claims["sub"]:
                raise NotLetIn("The OpenID provider sent no token of who you are.")
            if self._claim and _at(claims, self._claim) is None:
                claims = {**await self._more(token, claims["sub"]), **claims}
        except (httpx2.HTTPError, OAuthError, JoseError, ValueError, RuntimeError, LookupError, TypeError) as error:
            raise NotLetIn("The OpenID provider's answer is not one to this log-in: begin again.") from error
        return principal_by(claims, self._claim, self._grants), claims["sub"], token["id_token"]

    async def log_out_address(self, id_token: str, back: str) -> str | None:
        """Where the provider ends a log-in, and sends a browser `back` from; None where it has no such place."""
        try:
            told = await self._client.create_logout_url(back, id_token, client_id=self._client.client_id)
        except (httpx2.HTTPError, ValueError, RuntimeError, KeyError):
            return None
        return str(told["url"])

    async def _more(self, token: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """The claims that some providers tell at their endpoint alone; those of somebody else count for nothing."""
        metadata = await self._client.load_server_metadata()
        if "userinfo_endpoint" not in metadata:
            return {}
        found = dict(await self._client.userinfo(token=token))
        return found if found.get("sub") == subject else {}


def grants_of(text: str) -> dict[str, set[str]]:
    """What each value of the claim grants, by the setting: roles by their names, everything else is a scope."""
    found: dict[str, set[str]] = {}
    for part in text.split(","):
        value, _, granted = part.strip().rpartition("=")
        if value:
            found.setdefault(value.strip(), set()).add(granted.strip())
    return found


def principal_by(claims: Mapping[str, Any], claim: str, grants: Mapping[str, set[str]]) -> Principal:
    """Who somebody is by their claims: without a role where none was granted to them."""
    value = _at(claims, claim)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    granted = set().union(*(grants.get(one, set()) for one in [EVERYBODY, *values] if isinstance(one, str)))
    role = highest(Role(one) for one in granted if one in set(Role))
    # A mail address that the provider did not verify may be somebody else's.
    email = claims.get("email") if claims.get("email_verified") is True else None
    name = str(claims.get("preferred_username") or email or claims["sub"])
    shown = "".join(character if character.isprintable() else "?" for character in name)[:_LONGEST]
    return Principal(f"oidc:{shown}", roles_up_to(role), frozenset(granted - set(Role)))


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of a name, or within others by a path with dots, as `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
