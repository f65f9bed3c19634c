"""Serves the form app as the platform does, or an application that answers and does nothing else, on a free port.

`python -m bench.sneakers_server WAY URL` writes the port as its first line, and serves until a signal ends it. URL is
that of the app's database. Either way is WSGI under uvicorn, mounted under `/sneakers`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI

from bench.collector_server import serve
from tributary.assets.sneakers.app.app import create_app
from tributary.resources.gateway.decision import Policy

SECRET = "secret of the bench"  # noqa: S105 - of a server that lives for seconds


def nothing(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Read the form and answer as an accepted one is answered, with nothing between."""
    environ["wsgi.input"].read()
    start_response("303 See Other", [("Location", "/sneakers/"), ("Content-Length", "0")])
    return []


def main(way: str, url: str) -> None:
    """Serve `forms` or `nothing`."""
    application: Any = nothing if way == "nothing" else create_app(url, SECRET)
    outer = FastAPI()
    outer.mount("/sneakers", WSGIMiddleware(application))  # type: ignore[arg-type]  # ASGI as a2wsgi types it
    serve(outer, None if way == "nothing" else Policy())


if __name__ == "__main__":
    main(*sys.argv[1:])
