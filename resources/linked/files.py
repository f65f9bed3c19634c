"""How the browser's part is served: below an address that changes with it, so that browsers may keep it for long."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from tributary.resources.look.files import Files

STATIC = Path(__file__).with_name("static")
PATH = "/linked"


@lru_cache(maxsize=1)
def address() -> str:
    """The folder in which the modules lie; they find each other there by relative names."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + path.read_bytes())
    return f"{PATH}/{digest.hexdigest()[:12]}"


def application() -> Starlette:
    """What serves the modules under their present address; they hold no data and are open to everybody."""
    return Starlette(routes=[Mount(address(), Files(directory=STATIC))])
