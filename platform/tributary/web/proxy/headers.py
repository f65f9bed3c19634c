"""Which headers are handed on, in both directions."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from starlette.types import Scope

Headers = list[tuple[bytes, bytes]]

_OF_THE_CONNECTION = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade "
    b"proxy-connection".split()
)
"""Headers that are about one connection alone (RFC 9110, 7.6.1), beside those that Connection names."""

# Where a request was from, by whatever is between, is ours to say.
_OURS = (b"x-forwarded-", b"forwarded", b"x-real-ip", b"sec-websocket-", b"x-http-method-override")
_REPLACED = frozenset({b"host", b"origin", b"referer"})
_SAFE_IN_PATHS = "/:@!$&'()*+,;=~-._"


def target_of(scope: Scope) -> str:
    """The path and query to ask for: the path that was looked at, written anew in the one way."""
    query = scope.get("query_string", b"").decode("latin-1")
    return quote(scope["path"], safe=_SAFE_IN_PATHS) + (f"?{query}" if query else "")


def for_upstream(scope: Scope, origin: str) -> Headers:
    """A request's headers as the upstream gets them, of which it is told that they are for its own origin.

    Host and Origin were checked where the request arrived. The upstream checks its own, and need not know what the one
    address is called.
    """
    headers: Headers = scope["headers"]
    dropped = _of_the_connection(headers)
    kept = [
        (name, value)
        for name, value in headers
        if name not in dropped and name not in _REPLACED and not name.startswith(_OURS) and b"_" not in name
    ]
    asked = {name: value for name, value in headers if name in (b"host", b"origin")}
    kept.append((b"host", origin.partition("://")[2].encode()))
    if b"origin" in asked:
        kept.append((b"origin", origin.encode()))
    client = scope.get("client")
    kept.append((b"x-forwarded-for", (client[0] if client else "").encode()))
    kept.append((b"x-forwarded-host", asked.get(b"host", b"")))
    secure = scope.get("scheme") in ("https", "wss")
    kept.append((b"x-forwarded-proto", b"https" if secure else b"http"))
    return kept


def for_client(headers: Iterable[tuple[bytes, bytes]], origin: str) -> Headers:
    """An answer's headers as the client gets them; an address at the upstream becomes one at the one address."""
    found = [(name.lower(), value) for name, value in headers]
    dropped = _of_the_connection(found) | {b"server", b"date"}
    place = origin.encode()
    return [
        (name, value.removeprefix(place) or b"/" if name == b"location" and _is_at(value, place) else value)
        for name, value in found
        if name not in dropped
    ]


def _is_at(address: bytes, place: bytes) -> bool:
    return address == place or address.startswith(place + b"/")


def _of_the_connection(headers: Headers) -> frozenset[bytes]:
    named = (part for name, value in headers if name == b"connection" for part in value.lower().split(b","))
    return _OF_THE_CONNECTION | {part.strip() for part in named}
