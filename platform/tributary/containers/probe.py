"""Whether the part in this container is well, by exit code: run by the container's health check.

`python -m tributary.containers.probe http://127.0.0.1:8000/v1/health` asks for a page, `… 127.0.0.1:4000` the code
server. No settings are read, so that a look costs little.
"""

from __future__ import annotations

import sys

from tributary.launcher.probes import code_server, succeeds


def is_well(address: str) -> bool:
    """Whether a page is served with success, or the code server at `host:port` holds its definitions."""
    return succeeds(address) if address.startswith("http") else code_server(address)() == "yes"


if __name__ == "__main__":
    sys.exit(0 if is_well(sys.argv[1]) else 1)
