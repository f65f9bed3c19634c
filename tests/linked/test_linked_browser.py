"""The linked pictures in a real browser, over the data API: what they show is what a query on the table gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from tests.accessibility import faults
from tests.api.conftest import entry, put
from tests.conftest import CHROMIUM
from tests.gateway.serving import Served, served
from tests.linked.conftest import EVENTS, PAGE, WORDS, rows_and_words
from tributary.catalogue import Catalogue
from tributary.resources.gateway.decision import Policy
from tributary.resources.gateway.patience import Limits
from tributary.resources.linked.files import address, application
from tributary.resources.principal import OWNER, with_principal
from tributary.resources.serving import Serving
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.web.api.app import build
from tributary.web.api.exports import Exports
from tributary.web.api.rows import Source

if TYPE_CHECKING:
    from playwright import sync_api

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")]

HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Events</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{base}/linked.css">
<style>:root {{ color-scheme: light dark }} @media (prefers-color-scheme: dark) {{
  :root {{ --st-text-color: #fafafa; --st-background-color: #0e1117; background: #0e1117 }} }}</style>
<main id="root"></main>
<script type="module">
  import {{ mount }} from "{base}/linked.js";
  mount(document.getElementById("root"), {declared});
</script>
"""


@pytest.fixture
def site(warehouse: PostgresWarehouse, tmp_path: Path) -> Iterator[Served]:
    rows, words = rows_and_words()
    put(warehouse, EVENTS, rows)
    put(warehouse, WORDS, words)
    url = warehouse._engine._reader_url()  # type: ignore[attr-defined]
    catalogue = Catalogue("d", (entry(EVENTS), entry(WORDS)))
    api = build(Source(catalogue, Serving(url), Exports(tmp_path, lambda: url)), [])
    text = HTML.format(base=address(), declared=json.dumps(PAGE.declared()))

    async def show(_request: object) -> HTMLResponse:
        return HTMLResponse(text)

    app = Starlette(routes=[Route("/page", show), Mount("/api/v1", api), Mount("/", application())])

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        await app(with_principal(scope, OWNER), receive, send)

    with served(gated, Policy(), limits=Limits()) as server:
        yield server


@pytest.fixture
def page() -> Iterator[sync_api.Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1200, "height": 1400})
        browser.close()


def settled(page: sync_api.Page) -> None:
    page.wait_for_selector('.linked[aria-busy="false"]')


def count_of(page: sync_api.Page) -> int:
    settled(page)
    return int(page.locator(".linked").get_attribute("data-count") or -1)


def test_views_filter_each_other_and_the_address_holds_it(
    site: Served, page: sync_api.Page, pg: psycopg.Connection[Any], warehouse: PostgresWarehouse
) -> None:
    wrong: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def query(where: str = "true") -> tuple[Any, ...]:
        return pg.execute(f"SELECT count(*), sum(yes_rsvps) FROM gold.events AS e WHERE {where}").fetchone() or ()

    page.goto(f"{site.url}/page")
    assert count_of(page) == query()[0]
    yes = page.locator('dd[data-measure="yes"]')
    assert yes.inner_text() == f"{query()[1]:,}"
    assert "rows of" in page.locator(".fresh").inner_text()

    # A click on the board filters all else, and keeps the board itself whole.
    page.locator('.leaderboard [data-value="g1"]').click()
    assert count_of(page) == query("group_id = 'g1'")[0]
    assert page.locator(".leaderboard [data-value]").count() == 5
    assert "group=g1" in page.url
    own = query("group_id = 'g1'")
    assert (count_of(page), yes.inner_text()) == (own[0], f"{own[1]:,} of {query()[1]:,}")
    word = page.locator('.words [data-value="jazz"]')
    with_word = "EXISTS (SELECT FROM gold.words AS w WHERE w.event_id = e.event_id AND word = 'jazz')"
    assert int(word.get_attribute("data-now") or 0) == query(f"group_id = 'g1' AND {with_word}")[0]
    word.click()
    assert count_of(page) == query(f"group_id = 'g1' AND {with_word}")[0]

    # The brush: counts follow while it is dragged, and the address holds the end.
    bars = page.locator('[data-view="0"] svg')
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    page.mouse.down()
    for part in (0.4, 0.7):
        before = page.locator(".linked").get_attribute("data-count")
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + 60, steps=4)
        page.wait_for_function("before => document.querySelector('.linked').dataset.count !== before", arg=before)
    assert "day=" not in page.url
    page.mouse.up()
    settled(page)
    chosen = page.evaluate("new URLSearchParams(location.search).get('day')").split("..")
    filters = f"group_id = 'g1' AND {with_word} AND local_date BETWEEN '{chosen[0]}' AND '{chosen[1]}'"
    assert count_of(page) == query(filters)[0]

    # Back and forth; and the same address gives the same page to somebody else.
    address_of_three = page.url
    page.go_back()
    page.wait_for_function("!location.search.includes('day=')")
    assert count_of(page) == query(f"group_id = 'g1' AND {with_word}")[0]
    page.goto(address_of_three)
    assert count_of(page) == query(filters)[0]
    page.get_by_role("button", name="Clear all").click()
    assert count_of(page) == query()[0]

    # Two heads of the matrix filter, and a cell both of them at once.
    page.locator('[data-view="6"] [role="rowheader"] [data-value="The g2"]').click()
    assert count_of(page) == query("group_id = 'g2'")[0]
    page.locator('[data-view="6"] [role="cell"]').first.click()
    settled(page)
    chosen = page.evaluate("new URLSearchParams(location.search).get('group')")
    january = query(f"group_id = '{chosen}' AND local_date BETWEEN '2024-01-01' AND '2024-01-31'")
    assert (count_of(page), yes.inner_text().split(" ")[0]) == (january[0], f"{january[1]:,}")
    assert page.locator('[data-view="6"] [role="cell"]').first.get_attribute("data-now") == str(january[1])
    page.get_by_role("button", name="Clear all").click()
    assert count_of(page) == query()[0]

    # A box on the map.
    drawing = page.locator(".map svg")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 200, steps=4)
    page.mouse.up()
    page.wait_for_function("location.search.includes('place=')")
    west, south, east, north = map(float, page.evaluate("new URLSearchParams(location.search).get('place')").split(","))
    near = "floor(lon * 100 + 0.5) / 100 BETWEEN {} AND {} AND floor(lat * 100 + 0.5) / 100 BETWEEN {} AND {}"
    assert count_of(page) == query(near.format(west, east, south, north))[0] > 0
    assert len(page.locator(".land").get_attribute("d") or "") > 1000

    # By the keyboard alone.
    page.goto(f"{site.url}/page")
    settled(page)
    page.locator('.leaderboard [data-value="g2"]').focus()
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('group=g2')")
    assert count_of(page) == query("group_id = 'g2'")[0]
    assert page.evaluate("document.activeElement.dataset.value") == "g2"
    page.locator('[role="slider"]').first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("location.search.includes('day=')")

    # What is saved is what passes.
    page.locator('[data-view="0"] summary').click()
    for kind in ("CSV", "SVG", "PNG"):
        with page.expect_download() as saved:
            page.locator('[data-view="0"] .save').get_by_role("button", name=kind).click()
        assert Path(saved.value.path()).stat().st_size > 100
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save rows").click()
    assert len(Path(saved.value.path()).read_text().splitlines()) == 1 + count_of(page)

    # Newer rows are told of, and not slipped in.
    rows, _ = rows_and_words(30)
    put(warehouse, EVENTS, rows)
    before = page.url
    page.goto("about:blank")
    page.goto(before)
    page.wait_for_selector(".notice:not([hidden])")
    assert "earlier rows" in page.locator(".notice").inner_text()
    assert wrong == []
    assert [one for one in asked if not one.startswith((site.url, "data:", "blob:", "about:"))] == []


def test_rows_that_are_published_while_one_looks_are_offered(
    site: Served, page: sync_api.Page, warehouse: PostgresWarehouse
) -> None:
    page.clock.install()
    page.goto(f"{site.url}/page?group=g1")
    before = count_of(page)
    rows, _ = rows_and_words(900)
    put(warehouse, EVENTS, rows)
    page.clock.fast_forward("01:01")
    page.get_by_text("Newer rows have been published.").wait_for()
    assert count_of(page) == before
    page.get_by_role("button", name="Show them").click()
    page.wait_for_function(f"Number(document.querySelector('.linked')?.dataset.count) > {before}")
    assert count_of(page) == sum(row["group_id"] == "g1" for row in rows)
    assert page.locator(".notice").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pictures(site: Served, page: sync_api.Page, scheme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site.url}/page?group=g1")
    settled(page)
    assert faults(page) == []
    page.evaluate("document.querySelector('.leaderboard').append(document.createElement('button'))")
    assert [one.partition(" ")[0] for one in faults(page, within=".leaderboard")] == ["button-name"]


def test_a_table_without_rows_and_one_that_is_not_there_say_so(
    site: Served, page: sync_api.Page, warehouse: PostgresWarehouse
) -> None:
    put(warehouse, EVENTS, [])
    page.goto(f"{site.url}/page")
    page.wait_for_selector('.linked[data-state="empty"]')
    assert "No rows are there yet" in page.locator(".status").inner_text()
    problem = {"status": 503, "content_type": "application/problem+json", "body": '{"detail": "Not now."}'}
    page.route("**/rows?*", lambda route: route.fulfill(**problem))
    page.reload()
    page.wait_for_selector('.linked[data-state="error"]')
    assert "Not now." in page.locator(".status").inner_text()
