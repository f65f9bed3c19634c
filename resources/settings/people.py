"""Who may log in, how, and what pages show them."""

from __future__ import annotations

from pydantic import Field, SecretStr

from tributary.resources.settings.reading import PlatformSettings


class PeopleSettings(PlatformSettings):
    """Log-ins, roles, sessions, and maps."""

    login: str = Field(
        "",
        pattern=r"^((users|oidc)(,(users|oidc))?)?$",
        description="How people log in: users, oidc, or users,oidc; required beyond loopback.",
    )
    session_hours: float = Field(12, gt=0, le=720, description="Hours after which a log-in ends.")
    audit_days: int = Field(
        0, ge=0, le=36500, description="Days for which entries of the audit log are kept; 0: without end."
    )
    oidc_issuer: str | None = Field(
        None, pattern=r"^https?://", description="URL of the OpenID provider, below which its configuration is found."
    )
    oidc_client_id: str | None = Field(None, description="Name under which the provider knows Tributary.")
    oidc_client_secret: SecretStr | None = Field(
        None, description="Secret that goes with it; without one the client is public, and PKCE alone protects it."
    )
    oidc_scope: str = Field("openid profile email", description="Scopes that are asked of the provider.")
    oidc_roles_claim: str = Field(
        "groups", description="Claim whose values grant roles; a path with dots where it is within others."
    )
    oidc_roles: str = Field(
        "",
        pattern=r"^(\s*[^,]+=\s*[A-Za-z0-9_.-]+\s*(,|$))*$",
        description="What values grant, with commas between: admins=admin, data=operator, hr=pii, *=viewer.",
    )
    map_tiles: str = Field(
        "",
        pattern=r"^(https?://[A-Za-z0-9._\[\]:-]+/\S*\{z\}\S*(\{x\}\S*\{y\}|\{y\}\S*\{x\})\S*)?$",
        description="Address of map tiles, with {z}, {x} and {y}, that browsers ask for; default: none, lines alone.",
    )
    map_credit: str = Field("", max_length=200, description="Who is to be named on maps for the tiles.")
    web_secret: SecretStr | None = Field(
        None, description="Key that signs the forms' sessions; made once and kept in <home> where it is not set."
    )

    @property
    def log_in_ways(self) -> frozenset[str]:
        """How people log in; empty where whoever reaches loopback is the owner."""
        return frozenset(way for way in self.login.split(",") if way)
