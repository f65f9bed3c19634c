"""Ports for servers that take a number and listen on it later.

They come from below the range from which the kernel gives ports to whoever connects or asks for any: one of that range
may be a client's by the time at which the server starts. Each process of a parallel run has a share of its own.
"""

from __future__ import annotations

import os
import random
import socket

_FIRST, _LAST = 20_000, 32_767
_SHARES = 12


def _share() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    size = (_LAST + 1 - _FIRST) // _SHARES
    start = _FIRST + worker % _SHARES * size
    return range(start, start + size)


_ports = _share()
# Where it begins is drawn, as another run may be under way on this machine.
_next = random.randrange(len(_ports))  # noqa: S311 - guards nothing


def free_port() -> int:
    """A port on which nobody listens at any address of this machine, and which is not given to anybody else."""
    global _next
    for _ in _ports:
        port = _ports[_next]
        _next = (_next + 1) % len(_ports)
        if _is_free(port):
            return port
    raise AssertionError(f"No port of {_ports} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True
