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
from tributary.problems import Look
from tributary.problems.knowing import FromWarehouse
from tributary.problems.looking import POSTGRES
from tributary.resources.settings import Settings
from tributary.web.front.cards import Cards
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
        look: finds what needs somebody.
        down: the parts that are down at this moment.
        tiles: the links.
    """

    def __init__(self, settings: Settings, look: Look, down: Callable[[], list[str]], tiles: Sequence[Tile]) -> None:
        self._look, self._down, self._tiles = look, down, tiles
        self._cards = Cards(look.warehouse, look.serving)
        self._dagster = Kept(look.of_dagster, FRESH_SECONDS, USABLE_SECONDS)
        # Whoever looks at the page does not wait for an engine that answers in seconds, and at a price.
        fresh, usable = (60.0, 600.0) if settings.copied_from else (FRESH_SECONDS, USABLE_SECONDS)
        self._warehouse = Kept(look.of_warehouse, fresh, usable)
        self._pages = Pages(settings, "", "", Path(__file__).parent)
        self.application: Starlette = self._pages.application([Route("/", served(self._pages, self._shown))])

    def _shown(self, call: Call) -> Response:
        down = self._down()
        dagster, warehouse = self._dagster.get(), "" if POSTGRES in down else self._warehouse.get()
        found = self._look.found(down, dagster, warehouse)
        cards = []
        if isinstance(warehouse, FromWarehouse):
            cards = self._cards.of(list(get_sources().working), get_catalogue(), warehouse)
        return self._pages.page(
            call,
            "front.html",
            503 if down else 200,
            problems=found.problems,
            whole=not found.silent and not down,
            cards=cards,
            tiles=self._tiles,
            now=datetime.now(UTC),
        )
