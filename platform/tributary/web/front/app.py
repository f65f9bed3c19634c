"""The front page: what is known, gathered once for all who look, and shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tributary.assets.sources import get_sources
from tributary.catalogue import get_catalogue
from tributary.dagster_client import DagsterClient
from tributary.resources.disk import free_bytes
from tributary.resources.settings import Settings
from tributary.resources.warehouse.opening import open_serving, open_warehouse
from tributary.services import find_services
from tributary.web.front import needs
from tributary.web.front.cards import Cards
from tributary.web.front.knowing import FromDagster, FromWarehouse, OfDagster, of_warehouse, told
from tributary.web.pages.calls import Call, served
from tributary.web.pages.frame import Pages
from tributary.web.pages.kept import Kept

Tile = tuple[str, str, str]
"""The address, the title and the description of a link; without an address it is none."""

FRESH_SECONDS, USABLE_SECONDS = 4.0, 30.0


class FrontPage:
    """The front page.

    Args:
        settings: of the home and its disk.
        dagster: stays its opener's to close.
        down: the parts that are down at this moment.
        tiles: the links.
    """

    def __init__(
        self, settings: Settings, dagster: DagsterClient, down: Callable[[], list[str]], tiles: Sequence[Tile]
    ) -> None:
        self._settings, self._down, self._tiles = settings, down, tiles
        warehouse = open_warehouse(settings)
        ask = OfDagster(dagster)
        serving = open_serving(settings) if settings.copied_from else warehouse
        self._cards = Cards(warehouse, serving)
        self._dagster = Kept(lambda: told(ask), FRESH_SECONDS, USABLE_SECONDS)
        # Whoever looks at the page does not wait for an engine that answers in seconds, and at a price.
        fresh, usable = (60.0, 600.0) if settings.copied_from else (FRESH_SECONDS, USABLE_SECONDS)
        self._warehouse = Kept(lambda: told(lambda: of_warehouse(warehouse, serving)), fresh, usable)
        self._pages = Pages(settings, "", "", Path(__file__).parent)
        self.application: Starlette = self._pages.application([Route("/", served(self._pages, self._shown))])

    def _shown(self, call: Call) -> Response:
        sources, catalogue, now = get_sources(), get_catalogue(), datetime.now(UTC)
        down = self._down()
        dagster, warehouse = self._dagster.get(), "" if "Postgres" in down else self._warehouse.get()
        sentences = {
            name: found
            for name, found in (("Dagster", dagster), ("The warehouse", warehouse))
            if isinstance(found, str) and found
        }
        working = list(sources.working)
        found = [
            *needs.of_parts(down, sentences),
            *needs.of_declarations(catalogue, {**sources.broken, **find_services().broken}),
            *needs.of_disk(free_bytes(self._settings.home), str(self._settings.home)),
        ]
        known = dagster if isinstance(dagster, FromDagster) else None
        cards = []
        if known is not None:
            found += needs.of_dagster(known, working, now)
        if isinstance(warehouse, FromWarehouse):
            found += needs.of_age(working, catalogue, warehouse, known, now)
            found += needs.of_quarantine(warehouse.rejected)
            cards = self._cards.of(working, catalogue, warehouse)
        return self._pages.page(
            call,
            "front.html",
            503 if down else 200,
            needs=needs.ordered(found),
            whole=not sentences and not down,
            cards=cards,
            tiles=self._tiles,
            now=now,
        )
