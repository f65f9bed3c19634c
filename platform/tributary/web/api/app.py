"""The data API put together, and put together anew when the catalogue has changed; no request waits for that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp, Receive, Scope, Send

from tributary.assets.source import Resource
from tributary.assets.sources import get_sources
from tributary.catalogue import Catalogue, catalogue_of
from tributary.resources.postgres.databases import Databases
from tributary.resources.serving import Serving
from tributary.web.api import resources, tables
from tributary.web.api.exports import Exports
from tributary.web.api.problems import register
from tributary.web.api.rows import Source

PATH = "/api/v1"
_LOOK_SECONDS = 2.0
_ABOUT = """
Tables and named resources of the warehouse. Every answer is of one publication of its table: `publication` names it,
the ETag stands for it, and cursors belong to it. Columns with personal data are there for whoever has the scope `pii`.
"""


class Api:
    """The application; `home` is where catalogue and exports are kept, `routers` are what else is below the path.

    `copy_of` is the engine that the warehouse is on, where that is not the database. `serving` is what it reads by, for
    other readers in this process too, until it is closed.
    """

    def __init__(
        self, databases: Databases, home: Path, routers: Sequence[APIRouter] = (), *, copy_of: str = ""
    ) -> None:
        self._home, self._routers = home, routers
        self.serving = Serving(databases.reader_url("warehouse"), copy_of=copy_of)
        self._exports = Exports(home / "exports", lambda: databases.reader_url("warehouse"))
        self._catalogue: Catalogue | None = None
        self._app: ASGIApp | None = None
        self._looked = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the catalogue as it was some seconds ago at the most."""
        if time.monotonic() - self._looked > _LOOK_SECONDS and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look())
        if self._app is None and self._looking is not None:
            await asyncio.shield(self._looking)
        assert self._app is not None  # noqa: S101 - the first look has made it, or has raised
        await self._app(scope, receive, send)

    async def close(self) -> None:
        """Let go of the database."""
        await self.serving.close()

    async def _look(self) -> None:
        found = await asyncio.to_thread(lambda: catalogue_of(get_sources(), self._home))
        if self._catalogue is None or found.digest != self._catalogue.digest:
            # Between two lines no other request runs, so that each sees one state.
            made = await asyncio.to_thread(self._made, found)
            self._app = made
            self._catalogue = found
        self._looked = time.monotonic()

    def _made(self, catalogue: Catalogue) -> FastAPI:
        declared = [(one.name, resource) for one in get_sources() for resource in one.resources]
        return build(Source(catalogue, self.serving, self._exports), declared, self._routers)


def build(source: Source, declared: Iterable[tuple[str, Resource]], routers: Iterable[APIRouter] = ()) -> FastAPI:
    """The application of one state of the catalogue, with the resources that sources declare and other operations."""
    # The page of its documentation loads nothing from elsewhere.
    app = FastAPIOffline(title="Tributary's data API", version="1", description=_ABOUT, redoc_url=None)
    for router in (tables.router(source), resources.router(source, declared), *routers):
        app.include_router(router)
    register(app)
    return app
