"""Who asks, by what a request carries: an API key, else a session's cookie; the owner where no log-in is asked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from tributary.identity.keys import find_key
from tributary.identity.sessions import find_session
from tributary.resources.principal import OWNER, Principal

REMEMBERED_SECONDS = 1.0
"""For so long a session or key is taken to hold as it was found; after that a revocation is in force."""

_MOST_REMEMBERED = 10_000
_LONGEST_TOKEN = 200


def cookie_name(*, secure: bool) -> str:
    """The session cookie's name; the prefix has browsers refuse it from another host, path or without TLS."""
    return "__Host-tributary" if secure else "tributary-session"


@dataclass(frozen=True)
class Credentials:
    """What a request came with; the token is empty where it came with none."""

    kind: str
    token: str


class Callers:
    """Finds principals, in one process.

    Args:
        engine: of the tables.
        asks: whether a log-in is asked for.
        cookie: the session cookie's name.
    """

    def __init__(self, engine: Engine, cookie: str, *, asks: bool) -> None:
        self._engine, self._asks, self._cookie = engine, asks, cookie
        self._known: dict[Credentials, tuple[float, Principal | None]] = {}

    def credentials(self, headers: Mapping[bytes, list[bytes]]) -> Credentials:
        """What a request came with; a key counts before a cookie, and two of a kind count as none."""
        given = headers.get(b"authorization", [])
        if given:
            scheme, _, token = given[0].decode("latin-1").partition(" ")
            whole = len(given) == 1 and scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN
            return Credentials("key", token.strip() if whole else "")
        pairs = [pair.strip() for text in headers.get(b"cookie", []) for pair in text.split(b";")]
        found = [pair.partition(b"=")[2].decode("latin-1") for pair in pairs if self._is_ours(pair)]
        return Credentials("session", found[0] if len(found) == 1 and len(found[0]) <= _LONGEST_TOKEN else "")

    def without_credentials(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Headers as an application gets them, which needs neither the session's cookie nor a key."""
        kept: list[tuple[bytes, bytes]] = []
        for name, value in headers:
            if name.lower() == b"cookie":
                pairs = [pair.strip() for pair in value.split(b";")]
                value = b"; ".join(pair for pair in pairs if not self._is_ours(pair))
            if name.lower() != b"authorization" and (value or name.lower() != b"cookie"):
                kept.append((name, value))
        return kept

    def without_ours(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Headers of an application's answer, which sets no session."""
        return [(name, value) for name, value in headers if name.lower() != b"set-cookie" or not self._is_ours(value)]

    def _is_ours(self, pair: bytes) -> bool:
        return pair.partition(b"=")[0].strip() == self._cookie.encode()

    async def principal(self, credentials: Credentials) -> Principal | None:
        """Whom they are of; None where they are of nobody, or hold no longer."""
        if not self._asks:
            return OWNER
        if not credentials.token:
            return None
        now = time.monotonic()
        until, known = self._known.get(credentials, (0.0, None))
        if now < until:
            return known
        found = await asyncio.to_thread(self._found, credentials)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[credentials] = (now + REMEMBERED_SECONDS, found)
        return found

    def forget(self, credentials: Credentials) -> None:
        """Look again at the next request."""
        self._known.pop(credentials, None)

    def _found(self, credentials: Credentials) -> Principal | None:
        find: Any = find_key if credentials.kind == "key" else find_session
        found: Principal | None = find(self._engine, credentials.token)
        return found


def several(headers: list[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
    """Headers by name, with all values of each."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found
