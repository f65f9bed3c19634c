"""The catalogue's pages of 1,000 generated models in a real browser, until each is first painted.

The models stand in memory, in a hundred layers of ten, each with ten columns made of two tables before; rows and runs
are not there to be told. The baseline is a page of the same frame and server with one sentence on it.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from bench.bed import Bed
from bench.browser import browsing, first_paint
from bench.clock import Timing
from bench.figures import Figure, at_most
from bench.serving import free_ports
from tributary.assets.source import SourceColumn, Step
from tributary.catalogue import Catalogue, ColumnEntry, TableEntry
from tributary.dagster_client.asking import Asking
from tributary.resources.addresses import CATALOG, table_page
from tributary.resources.look.files import PATH as LOOK
from tributary.resources.look.files import STATIC, Files
from tributary.resources.principal import OWNER, with_principal
from tributary.resources.serving import Serving
from tributary.web.catalog.app import create_pages
from tributary.web.catalog.known import Known

LAYERS, EACH, COLUMNS = 100, 10, 10
LIMIT = 1.0
"""Seconds until a page is first painted, but for the whole of a lineage."""

_BARE = f"{CATALOG}/nowhere"
_MIDDLE = f"{table_page('core.model_50_5')}/columns/c5"
_ASKED = {
    "list": f"{CATALOG}/",
    "search for two words": f"{CATALOG}/?q=numbers+model_7",
    "table": table_page("core.model_50_5"),
    "lineage, nearest 60 columns": _MIDDLE,
    "lineage, all columns": f"{_MIDDLE}?all=1",
}


def catalog(bed: Bed) -> list[Figure]:
    """The first paint of each kind of page."""
    figures = []
    with _serving(bed) as url, browsing() as browser:
        for name, path in _ASKED.items():
            bare, ours = [], []
            for _ in range(max(bed.repeats, 3)):
                bare.append(first_paint(browser, url + _BARE))
                ours.append(first_paint(browser, url + path))
            found = Timing(min(ours))
            limit = None if path.endswith("all=1") else at_most(found.wall, LIMIT, "s")
            what = f"first paint of 1,000 models: {name}"
            figures.append(Figure("catalog", what, found, "a page with one sentence", Timing(min(bare)), limit))
    return figures


def made() -> Catalogue:
    """The catalogue of the generated models."""
    tables = []
    for layer in range(LAYERS):
        for place in range(EACH):
            before = [f"core.model_{layer - 1}_{(place + step) % EACH}" for step in (0, 3)] if layer else []
            tables.append(_table(f"core.model_{layer}_{place}", before))
    return Catalogue("bench", tuple(tables))


def _table(key: str, before: list[str]) -> TableEntry:
    columns = []
    for place in range(COLUMNS):
        sources = tuple(SourceColumn(table, f"c{place}") for table in before)
        steps = (Step("value", f"c{place} = coalesce(a.c{place}, b.c{place})", sources),)
        columns.append(ColumnEntry(f"c{place}", "integer", f"Number {place}.", sources=sources, steps=steps))
    joined = tuple(SourceColumn(table, "c0") for table in before)
    conditions = (Step("join", "a.c0 = b.c0", joined),) if before else ()
    told = ("shop", "table", "Generated numbers, as many as there are.", "one row a number", tuple(columns))
    return TableEntry(key, *told, reads=tuple(before), conditions=conditions, file=f"{key}.sql")


@contextmanager
def _serving(bed: Bed) -> Iterator[str]:
    known, asking = Known(made()), Asking(bed.settings)
    serving = Serving(bed.databases.reader_url("warehouse"))
    pages = create_pages(bed.settings, lambda: known, serving, asking)
    look = Starlette(routes=[Mount(LOOK, Files(directory=STATIC))])

    @asynccontextmanager
    async def closing(_app: Starlette) -> AsyncIterator[None]:
        yield
        await serving.close()

    ending = Starlette(lifespan=closing)

    async def web(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await ending(scope, receive, send)
            return
        application = look if scope["path"].startswith(LOOK) else pages
        await application(with_principal(scope, OWNER), receive, send)

    port = next(iter(free_ports().values()))
    server = uvicorn.Server(uvicorn.Config(web, port=int(port), log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        asking.close()
