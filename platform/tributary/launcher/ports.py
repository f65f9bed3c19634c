"""The ports that the servers bind: told to be taken before anything starts."""

from __future__ import annotations

import errno
import socket

from tributary.launcher.errors import LauncherError


def require_free_port(host: str, port: int, variable: str) -> None:
    """Check that a server can bind `port` on `host`; `variable` is the setting that chooses another.

    Raises:
        LauncherError: when the port is taken, or the address is not this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise LauncherError(
            f"{host} is not an address of this machine ({error.strerror}): change TRIBUTARY_HOST."
        ) from error
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as server:
        # As the servers do it: a connection that lingers from before does not make the port taken.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise LauncherError(
                    f"Port {port} on {host} is taken: stop what uses it, or set {variable} to another port."
                ) from error
            raise LauncherError(
                f"Port {port} on {host} cannot be bound ({error.strerror}): change {variable} or TRIBUTARY_HOST."
            ) from error
