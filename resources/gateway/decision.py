"""Whether a request may reach the application at all: a pure function of what it says of itself.

| refused | status |
| --- | --- |
| no Host, several, or one that is no host; a header twice that must be single; a control character in the path | 400 |
| a Host that is not known | 421 |
| a change, a websocket or a query of GraphQL, asked for by a page of another origin | 403 |
| a GraphQL mutation by GET | 405 |
| GraphQL in a body that any page may send | 415 |

Where a page is from is told by Origin, without it by Sec-Fetch-Site, without both by Referer. A sender that says
nothing of the kind is no browser, and drives nobody else's. X-Forwarded-Host is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tributary.resources.gateway.graphql import is_json, only_asks
from tributary.resources.gateway.hosts import LOOPBACK, Address, Authority, KnownHosts, read_authority, read_origin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods by which nothing is changed (RFC 9110, 9.2.1)."""

_SINGLE = frozenset(
    {b"host", b"origin", b"referer", b"sec-fetch-site", b"content-type", b"content-length", b"transfer-encoding"}
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HERE = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered, in one sentence for its sender."""

    status: int
    sentence: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


def nowhere(_path: str) -> bool:
    """No path at all."""
    return False


@dataclass(frozen=True)
class Policy:
    """What a server allows.

    Args:
        hosts: the names that it answers to.
        public: whether any web page may send to a path, as to a collector of events; the host must be known there too.
        graphql: paths that execute GraphQL.
        secure: whether people come by TLS, so that a page without it is another site's, loopback's apart.
        largest_body: bytes of a body at most, by path; None where the application bounds it itself.
    """

    hosts: KnownHosts = field(default_factory=KnownHosts)
    public: Callable[[str], bool] = nowhere
    graphql: frozenset[str] = frozenset()
    secure: bool = False
    largest_body: Callable[[str], int | None] = lambda _path: 64 * 1024


def refusal(scope: Mapping[str, Any], policy: Policy) -> Refusal | None:
    """Why the request of an ASGI scope (http or websocket) is refused; None where it is not."""
    headers = _single(scope["headers"])
    if headers is None:
        return Refusal(400, "A header that must stand once stands several times.")
    scheme, at = scope.get("scheme", "http"), Address(*(scope.get("server") or ("", None)))
    asked = read_authority(headers.get(b"host", b"").decode("latin-1"))
    if asked is None:
        return Refusal(400, "The request does not say in one header Host which host it is for.")
    if not policy.hosts.knows(asked, scheme, at):
        name = asked.name if asked.port is None else f"{asked.name}:{asked.port}"
        return Refusal(
            421,
            f"This server is not known as {name}: if it should be, name it in TRIBUTARY_ALLOWED_HOSTS and start again.",
        )
    path: str = scope["path"]
    if _CONTROL.search(path):
        # Routers match by expressions whose end is also before a last line break: one path would have two names.
        return Refusal(400, "The address holds a control character.")
    if policy.public(path):
        return None
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    # To answer a query a server may run code.
    asks = path in policy.graphql and bool(scope.get("query_string"))
    if (changes or asks) and not _from_here(headers, policy, at):
        return Refusal(403, "This was sent by a page of another site, which can change nothing here.")
    if scope["type"] == "http" and path in policy.graphql:
        return _graphql_refusal(scope, headers, changes=changes)
    return None


def _graphql_refusal(scope: Mapping[str, Any], headers: Mapping[bytes, bytes], *, changes: bool) -> Refusal | None:
    if not changes and not only_asks(scope.get("query_string", b"")):
        return Refusal(405, "A GET can only carry queries: send everything else by POST.", ((b"allow", b"POST"),))
    if changes and not is_json(headers.get(b"content-type", b"").decode("latin-1")):
        return Refusal(415, "GraphQL is taken as application/json only.")
    return None


def _from_here(headers: Mapping[bytes, bytes], policy: Policy, at: Address) -> bool:
    """Whether no page of another origin sent this."""
    if b"origin" in headers:
        return _is_known(read_origin(headers[b"origin"].decode("latin-1")), policy, at)
    if b"sec-fetch-site" in headers:
        return headers[b"sec-fetch-site"].decode("latin-1").strip().lower() in _HERE
    if b"referer" in headers:
        return _is_known(read_origin(headers[b"referer"].decode("latin-1"), whole=False), policy, at)
    return True


def _is_known(origin: tuple[str, Authority] | None, policy: Policy, at: Address) -> bool:
    if origin is None:
        return False
    scheme, authority = origin
    may = scheme == "https" or not policy.secure or authority.name in LOOPBACK
    return may and policy.hosts.knows(authority, scheme, at)


def _single(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The headers that decide, by name; None where one of them stands twice."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _SINGLE:
            if name in found:
                return None
            found[name] = value
    return found
