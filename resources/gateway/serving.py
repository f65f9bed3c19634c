"""How the platform serves an ASGI application: by uvicorn, behind the gateway, with patience that ends."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.hosts import KnownHosts, known_hosts
from tributary.resources.gateway.layer import Gateway
from tributary.resources.gateway.patience import PatientProtocol
from tributary.resources.settings import Settings

STARTUP_FAILURE = 3
"""The exit code of a server that could not start, which is uvicorn's."""

_PROXY_SECONDS = 4_100
"""How long a proxy may keep a connection without a request: longer than AWS's balancer can be told to, as people see a
502 where one side ends it at the moment at which the other uses it."""


def guarded(application: ASGIApp, policy: Policy, **options: Any) -> uvicorn.Config:
    """A server's configuration with `application` behind the gateway; `options` are uvicorn's."""
    # Requests carry personal data in their paths and addresses; what matters is counted, not logged.
    fixed: dict[str, Any] = {"http": PatientProtocol, "access_log": False, "server_header": False}
    # Of compressed messages many are made of few bytes, all at once: none is taken.
    fixed |= {"ws": "websockets-sansio", "ws_per_message_deflate": False}
    # Where a request is from, and by which scheme, is what the connection says unless a proxy is named.
    return uvicorn.Config(Gateway(application, policy), **{"proxy_headers": False, **options, **fixed})


def serve(application: ASGIApp, policy: Policy, **options: Any) -> None:
    """Serve `application` behind the gateway until SIGINT or SIGTERM; `options` are uvicorn's.

    Raises:
        SystemExit: it could not start.
    """
    server = uvicorn.Server(guarded(application, policy, **options))
    # The server repeats the signal that ended it, once it has ended in order.
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def hosts_of(settings: Settings) -> KnownHosts:
    """The names by which the settings say that the servers are known."""
    return known_hosts(settings.allowed_host_names, settings.host)


def front_of(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told of TLS, and of proxies that stand before the one address."""
    options: dict[str, Any] = {}
    if settings.trusted_proxies:
        options |= {
            "proxy_headers": True,
            "forwarded_allow_ips": settings.trusted_proxies,
            "timeout_keep_alive": _PROXY_SECONDS,
        }
    if settings.tls_certificate is not None:
        options |= {"ssl_certfile": settings.tls_certificate, "ssl_keyfile": settings.tls_key}
    return options
