"""Every page of linked pictures in a real browser: it shows what a query gives, whatever is chosen in any view."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import psycopg
import pytest
from psycopg import sql

from tests.accessibility import faults
from tests.dashboard.conftest import Site, rest
from tributary.assets import pages
from tributary.assets.sources import get_sources
from tributary.resources.linked.declaration import ROWS, Bars, Linked, Number, Place, Rows, Time, Words

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dashboard")]


def _declared() -> Iterator[tuple[str, Linked]]:
    """The pages whose pictures are always of the same rows, by their addresses."""
    empty = {"rows": lambda *_, **__: pd.DataFrame(), "freshness": lambda *_: None, "chart": lambda *_, **__: None}
    for source in get_sources().working:
        for one in pages.page_files(source):
            shown: list[Linked] = []
            # A page of one household or campaign asks for it first, of which here is none.
            with patch.multiple(pages, show=shown.append, **empty), suppress(BaseException):
                runpy.run_path(str(one.path))
            yield from ((one.address, linked) for linked in shown)


PAGES = dict(_declared())


class Query:
    """What a page should show, asked of its table in SQL."""

    def __init__(self, reader: psycopg.Connection[Any], linked: Linked) -> None:
        self.reader, self.linked = reader, linked

    def __call__(self, address: str, amount: str = "count(*)", *but: str) -> float:
        """An amount of the rows that an address lets through, but for the filters of some dimensions."""
        given = parse_qs(urlsplit(address).query)
        conditions = [f"{name} IS {how.removeprefix('is.')}" for name, how in self.linked.where.items()]
        values: list[Any] = []
        for name, dimension in self.linked.dimensions.items():
            if name not in given or name in but:
                continue
            if isinstance(dimension, Time):
                conditions.append(f"{dimension.column}::date BETWEEN %s AND %s")
                values += given[name][0].split("..")
            elif isinstance(dimension, Number):
                step = f"floor({dimension.column} / {dimension.width}) * {dimension.width}"
                conditions.append(f"{step} BETWEEN %s AND %s")
                values += map(float, given[name][0].split(".."))
            elif isinstance(dimension, Place):
                for column, place in ((dimension.longitude, 0), (dimension.latitude, 1)):
                    conditions.append(f"floor({column} * 100 + 0.5) / 100 BETWEEN %s AND %s")
                    values += map(float, given[name][0].split(",")[place::2])
            elif isinstance(dimension, Words):
                own = f"w.{dimension.key} = t.{dimension.key} AND w.{dimension.column}::text = ANY(%s)"
                conditions.append(f"EXISTS (SELECT FROM {dimension.table} AS w WHERE {own})")
                values.append(given[name])
            else:
                conditions.append(f"{dimension.column}::text = ANY(%s)")
                values.append(given[name])
        text = f"SELECT {amount} FROM {self.linked.table} AS t WHERE {' AND '.join(conditions) or 'true'}"
        found = self.reader.execute(sql.SQL(text), values or None).fetchone()  # type: ignore[arg-type]
        return float((found or (0,))[0] or 0)

    def amount(self, measure: str) -> str:
        one = self.linked.measures[measure]
        over = f"sum({one.column})" if one.column else "count(*)"
        if not one.per:
            return over
        return f"coalesce({over} / nullif({'count(*)' if one.per == ROWS else f'sum({one.per})'}, 0)::numeric, 0)"


def _is_right(page: sync_api.Page, query: Query) -> None:
    """The figures, and the sums of all bars, are those of the table."""
    page.wait_for_selector('.linked[aria-busy="false"]')
    assert int(page.locator(".linked").get_attribute("data-count") or -1) == query(page.url)
    for name in query.linked.measures:
        shown = page.locator(f'dd[data-measure="{name}"]').get_attribute("data-now")
        assert float(shown or "nan") == pytest.approx(query(page.url, query.amount(name))), name
    for at, view in enumerate(query.linked.views):
        if isinstance(view, Bars) and not query.linked.measures[view.measure].per:
            shown = page.locator(f'[data-view="{at}"] .picture').get_attribute("data-sum")
            want = query(page.url, query.amount(view.measure), view.dimension)
            assert float(shown or "nan") == pytest.approx(want), view.title


@pytest.mark.parametrize("name", PAGES)
def test_each_view_filters_all_others(
    site: Site, page: sync_api.Page, reader: psycopg.Connection[Any], complaints: list[str], name: str
) -> None:
    linked = PAGES[name]
    page.set_viewport_size({"width": 1300, "height": 1000})
    page.goto(f"{site.gateway}/dashboard/{name}")
    page.wait_for_selector('.linked[aria-busy="false"]', timeout=60_000)
    visible = pages_visible(page)
    query = Query(reader, linked.shown_to(visible) if visible else linked)
    whole = query(page.url)
    assert whole > 0
    _is_right(page, query)
    for at, view in enumerate(query.linked.views):
        if isinstance(view, Rows):
            continue
        before = page.url
        # By the keyboard: a value's button, a bar's grip, or the map itself.
        target = page.locator(f'[data-view="{at}"]').locator('[role="button"], .choose, [role="slider"], .map > svg')
        target.first.focus()
        key = "Enter" if target.first.get_attribute("role") == "button" or view.kind == "groups" else "ArrowRight"
        page.keyboard.press(key)
        page.wait_for_url(lambda url, before=before: url != before)
        _is_right(page, query)
        page.go_back()
        page.wait_for_url(before)
        page.wait_for_selector(f'.linked[aria-busy="false"][data-count="{whole:.0f}"]')
    rest(page)
    # Lists of Streamlit's own navigation hold no items, which is not ours to mend.
    assert faults(page, without=("list", "listitem")) == []
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(300)
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    page.emulate_media(media="print")
    assert page.locator('[data-testid="stSidebar"]:visible, .save:visible, .chips:visible').count() == 0
    page.emulate_media(media="screen")
    assert complaints == []


def pages_visible(page: sync_api.Page) -> set[str]:
    """The columns that were asked for, where some were left out as personal data."""
    if page.get_by_text("Columns with personal data are not shown to you.").count() == 0:
        return set()
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    rows = [parse_qs(urlsplit(one).query) for one in asked if "/rows?" in one]
    return set(rows[0]["select"][0].split(",")) if rows else set()


def test_every_source_that_has_pages_is_tested() -> None:
    assert {"meetup", "pledges", "retail-segments", "sneakers", "social", "social-cohorts"} <= PAGES.keys()
    assert len(PAGES) == 11
