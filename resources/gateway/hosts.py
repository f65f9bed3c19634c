"""Which names a server answers to: the host in Host, Origin and Referer, read strictly and compared with the known.

A web page can make any name of its own point at this machine (DNS rebinding), so a request's Host must be one that the
server is known by. Names are compared in small letters without the root's dot, IPv6 addresses in their short form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names by which only this machine can be meant."""

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

_LONGEST = 300
_AUTHORITY = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9._-]{1,255}))(?::(?P<port>[0-9]{1,5}))?"
)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#@\\\s]+)(?=[/?#]|\Z)")


class Authority(NamedTuple):
    """A name or address without brackets, and a port; None where none is given."""

    name: str
    port: int | None


class Address(NamedTuple):
    """The address and port at which a request arrived on this machine."""

    host: str
    port: int | None


@dataclass(frozen=True)
class KnownHosts:
    """The names of a server: loopback's, the address that it is bound to, and those that the settings allow.

    Loopback's and the bound one count with the server's own port only. An allowed name without a port counts with that
    port and with those of HTTP and HTTPS, where a proxy stands before the server; one with a port counts with it alone.
    """

    allowed: frozenset[Authority] = frozenset()
    bound: str | None = None

    def knows(self, asked: Authority, scheme: str, at: Address) -> bool:
        """Whether a request to `asked` is meant for this server, by which it arrived at `at`."""
        port = asked.port or DEFAULT_PORTS.get(scheme, 80)
        if port == at.port and (asked.name in LOOPBACK or asked.name in (self.bound, _short(at.host))):
            return True
        if (asked.name, port) in self.allowed:
            return True
        return port in (80, 443, at.port) and (asked.name, None) in self.allowed


def known_hosts(allowed: Iterable[str] = (), bound: str | None = None) -> KnownHosts:
    """The names of a server that is bound to `bound` and answers to the names `allowed` (`name` or `name:port`) too.

    Raises:
        ValueError: one of them is no such name.
    """
    found = set()
    for text in allowed:
        authority = read_authority(text)
        if authority is None:
            raise ValueError(f"{text!r} is no host; write name or name:port")
        found.add(authority)
    return KnownHosts(frozenset(found), None if bound is None else _short(bound))


def read_authority(text: str) -> Authority | None:
    """A `host` or `host:port` as in the header Host; None where it is anything else, such as one with a user's name."""
    return _read_authority(text) if len(text) <= _LONGEST else None


def read_origin(text: str, *, whole: bool = True) -> tuple[str, Authority] | None:
    """The scheme and authority of an origin, or of the URL in Referer where not `whole`; None where it is none.

    `null`, which browsers send for pages without an origin, is none.
    """
    match = _ORIGIN.fullmatch(text) if whole else _ORIGIN.match(text)
    authority = read_authority(match["authority"]) if match else None
    return None if match is None or authority is None else (match["scheme"], authority)


@lru_cache(maxsize=1024)
def _read_authority(text: str) -> Authority | None:
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    port = None if match["port"] is None else int(match["port"])
    if port is not None and not 0 < port < 65536:
        return None
    if match["six"] is None:
        name = match["name"].lower().removesuffix(".")
        return Authority(name, port) if name else None
    try:
        return Authority(IPv6Address(match["six"]).compressed, port)
    except AddressValueError:
        return None


def _short(host: str) -> str:
    """A host as it is compared; an IPv6 address with or without brackets."""
    found = read_authority(f"[{host}]" if ":" in host and not host.startswith("[") else host)
    return host.lower() if found is None else found.name
