"""The application of the catalogue's pages: which address is which page, and what is put together for each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tributary.assets.source import SourceColumn
from tributary.dagster_client.asking import Asking
from tributary.launcher.services import DAGSTER_PATH
from tributary.lineage_graph import ROWS, Graph
from tributary.resources.addresses import CATALOG, column_page, table_page
from tributary.resources.serving import Serving, ServingError
from tributary.resources.settings import Settings
from tributary.resources.wording import size, spoken
from tributary.web.api.app import PATH as API
from tributary.web.catalog import layout, telling
from tributary.web.catalog.known import Known
from tributary.web.catalog.picture import picture_of
from tributary.web.catalog.searching import Wanted, tags_of
from tributary.web.pages.calls import Call, served
from tributary.web.pages.frame import Pages

PAGE = 100
"""Tables of one page of the list."""

MOST = 60
"""Columns that are drawn where not all are asked for."""


def create_pages(settings: Settings, known: Callable[[], Known], serving: Serving, dagster: Asking) -> Starlette:
    """The pages, under `CATALOG`; they need a gateway before them, which says who asks.

    Args:
        settings: whether people log in.
        known: gives what is known of tables.
        serving: reads rows; stays its opener's to close, as does `dagster`.
        dagster: tells of runs and checks.
    """
    pages = Pages(settings, "", CATALOG, Path(__file__).parent)
    pages.templates.filters |= {"spoken": spoken, "size": size}
    pages.templates.globals |= {
        "table_address": table_page,
        "column_address": column_page,
        "layout": layout,
        "dagster": DAGSTER_PATH,
        "api": API,
        "copy_of": serving.copy_of,
    }
    catalog = _CatalogPages(pages, known, serving, dagster)
    gets = {
        "/": catalog.listed,
        "/tables/{table:str}": catalog.table,
        "/tables/{table:str}/columns/{column:str}": catalog.column,
    }
    return pages.application([Route(path, served(pages, handle), methods=["GET"]) for path, handle in gets.items()])


@dataclass(frozen=True)
class _CatalogPages:
    pages: Pages
    known: Callable[[], Known]
    serving: Serving
    dagster: Asking

    def listed(self, call: Call) -> Response:
        """The tables, all or those that are searched for."""
        search = self.known().search
        wanted = Wanted(call.query("q").strip()[:200], call.query("source"), call.query("layer"), call.query("tag"))
        hits = search.find(wanted)
        asked = call.query("from")
        first = min(int(asked) if asked.isdecimal() and len(asked) < 7 else 0, max(len(hits) - 1, 0)) // PAGE * PAGE
        standing, away = self._standings()
        return self.pages.page(
            call,
            "list.html",
            search=search,
            wanted=wanted,
            hits=hits[first : first + PAGE],
            first=first,
            total=len(hits),
            before=_address(wanted, first - PAGE) if first else "",
            after=_address(wanted, first + PAGE) if first + PAGE < len(hits) else "",
            standing=standing,
            away=away,
        )

    def table(self, call: Call) -> Response:
        """A table: what it means, what is in it, how it is and was, and what hangs on it."""
        known, key = self.known(), call.path("table")
        table = known.catalogue.by_key.get(key)
        if table is None:
            return self._no_table(call, known, key)
        standing, away = self._standings()
        return self.pages.page(
            call,
            "table.html",
            table=table,
            tags=tags_of(table),
            file=telling.file_of(table) if table.file else "",
            standing=standing.get(key),
            away=away,
            preview=telling.preview(self.serving, table, known.catalogue.by_key, pii=call.may_see_pii),
            history=telling.history(self.dagster, table),
            known=known.catalogue.by_key,
            reads=known.reads(key),
            read_by=known.read_by.get(key, ()),
            paths=known.paths(key),
            reports=known.reports(key),
            used_by=known.used_by(key),
        )

    def column(self, call: Call) -> Response:
        """A column: what it means, and its lineage both ways."""
        known, key, name = self.known(), call.path("table"), call.path("column")
        table = known.catalogue.by_key.get(key)
        if table is None:
            return self._no_table(call, known, key)
        column = next((one for one in table.columns if one.name == name), None)
        if column is None:
            links = {one.name: column_page(key, one.name) for one in table.columns}
            return self._missing(call, f"{key} has no column {name[:80]}.", name, links)
        whole, rows = call.query("all") == "1", call.query("rows") != "0"
        graph = known.lineages.around([SourceColumn(key, name)], conditions=rows)
        drawn = graph if whole else graph.nearest(MOST)
        return self.pages.page(
            call,
            "column.html",
            table=table,
            column=column,
            picture=picture_of(drawn, known.catalogue),
            up=sum(far < 0 for far in graph.hops.values()),
            down=sum(far > 0 for far in graph.hops.values()),
            drawn=_columns(drawn),
            total=_columns(graph),
            whole=whole,
            rows=rows,
        )

    def _standings(self) -> tuple[Mapping[str, telling.Standing], str]:
        """What is noted of all tables; where the warehouse does not tell, nothing, and why."""
        try:
            return telling.standings(self.serving), ""
        except ServingError as error:
            return {}, str(error)

    def _no_table(self, call: Call, known: Known, key: str) -> Response:
        links = {one.key: table_page(one.key) for one in known.catalogue.tables}
        return self._missing(call, f"There is no table {key[:80]}.", key, links)

    def _missing(self, call: Call, sentence: str, name: str, links: Mapping[str, str]) -> Response:
        """The page of what is not there, with links to what may have been meant."""
        meant = [(one, links[one]) for one in _near(name, links)]
        return self.pages.page(call, "missing.html", 404, sentence=sentence, meant=meant)


def _columns(graph: Graph) -> int:
    """How many columns there are, beside rows of tables as such."""
    return sum(one.column != ROWS for one in graph.hops)


def _near(name: str, names: Iterable[str]) -> list[str]:
    """Names that are spelled like one, or hold it."""
    known = list(names)
    close = difflib.get_close_matches(name[:80], known, n=4)
    return list(dict.fromkeys([*close, *(one for one in known if name and name in one)]))[:6]


def _address(wanted: Wanted, first: int) -> str:
    told = {"q": wanted.words, "source": wanted.source, "layer": wanted.layer, "tag": wanted.tag, "from": first or ""}
    return f"{CATALOG}/?{urlencode({name: value for name, value in told.items() if value})}"
