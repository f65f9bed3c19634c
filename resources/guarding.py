"""Whether settings leave open to others what must not be: a log-in beyond loopback, and pairs that are whole."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

LOCAL_WRITE_KEY = "local-write-key"
"""The collector's write key where none is set, which will do on loopback only."""

if TYPE_CHECKING:
    from tributary.resources.settings import Settings


def unguarded(settings: Settings) -> str | None:
    """Why the settings are refused, as a clause that says what to set; None where they may be used."""
    ways, wide = settings.log_in_ways, not is_loopback(settings.host)
    if wide and not ways:
        return (
            f"TRIBUTARY_HOST is {settings.host}, which others can reach, and nobody is asked who they are: set "
            "TRIBUTARY_LOGIN to users (and make one by tributary users add NAME) or to oidc, or bind 127.0.0.1"
        )
    if wide and settings.collector_write_key.get_secret_value() == LOCAL_WRITE_KEY:
        return (
            f"TRIBUTARY_HOST is {settings.host}, which others can reach, and the collector's write key is the one that "
            "everybody knows: set TRIBUTARY_COLLECTOR_WRITE_KEY"
        )
    if "*" in settings.trusted_proxies:
        return "TRIBUTARY_TRUSTED_PROXIES is *, by which everybody could say from where they ask: name the proxies"
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        return "TRIBUTARY_TLS_CERTIFICATE and TRIBUTARY_TLS_KEY go together: set both, or neither"
    if settings.tls_certificate is not None and not (settings.public_url or "").startswith("https://"):
        return "TRIBUTARY_TLS_CERTIFICATE needs TRIBUTARY_PUBLIC_URL, the https:// address that it was issued for"
    if "oidc" not in ways:
        return None
    named = {"ISSUER": settings.oidc_issuer, "CLIENT_ID": settings.oidc_client_id, "ROLES": settings.oidc_roles}
    for name, value in named.items():
        if not value:
            return f"TRIBUTARY_LOGIN says oidc, which needs TRIBUTARY_OIDC_{name}: set it"
    issuer = urlsplit(str(settings.oidc_issuer))
    if issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
        return "TRIBUTARY_OIDC_ISSUER must begin with https://, so that nobody between can say who somebody is"
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that is bound to `host`."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
