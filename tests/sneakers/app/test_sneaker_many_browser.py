"""A collection of 205 pairs in a real browser: on a phone of 360 pixels, by keyboard, and for everybody."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from PIL import Image
from tests.accessibility import faults
from tests.conftest import CHROMIUM
from tests.sneakers.app.conftest import TODAY, purchase
from tests.sneakers.app.test_sneaker_browser import fits

from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.service.opening import SneakerService

if TYPE_CHECKING:
    from playwright import sync_api

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
PAIRS = 205
COLORS = ("red", "white", "navy", "black", "olive")
PAGES = ("/", "/sneakers", "/wear", "/sneakers/1", "/sneakers/1/photo", "/sneakers/add", "/import", "/use")


@pytest.fixture
def many(service: SneakerService) -> None:
    """205 pairs of five brands, each worn now and then; every tenth was sold."""
    brands = [service.brands.add(uuid4(), f"Brand {name}").manufacturer_id for name in "ABCDE"]
    for number in range(1, PAIRS + 1):
        bought = purchase(
            brands[number % 5],
            name=f"Runner {number}",
            color=COLORS[number % 5],
            currency="USD" if number % 7 == 0 else "",
        )
        pair = service.pairs.buy(uuid4(), bought, TODAY - timedelta(days=300)).sneaker_id or 0
        for back in range(number % 3):
            service.pairs.use(uuid4(), EventType.WORN, pair, TODAY - timedelta(days=20 + back))
        if number % 10 == 0:
            service.pairs.sell(uuid4(), pair, "40", TODAY - timedelta(days=9))


@pytest.fixture(params=["light", "dark"])
def page(browser: sync_api.Browser, many: None, site: str, request: pytest.FixtureRequest) -> Iterator[sync_api.Page]:
    """The app on a phone, without JavaScript of its own; the test fails where the browser complains."""
    assert many is None
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, base_url=site, color_scheme=request.param, has_touch=True
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert [text for text in complaints if "status of 422" not in text] == []


def test_205_pairs_are_found_sorted_and_worn_on_a_phone(page: sync_api.Page) -> None:
    page.goto("/sneakers")
    assert page.locator("tbody tr").count() == PAIRS
    assert fits(page)
    page.get_by_label("Search").fill("runner 20")
    page.get_by_label("Search").press("Enter")
    page.wait_for_url("**/sneakers?q=runner+20*")
    assert set(page.locator("tbody th a").all_inner_texts()) == {
        f"Runner {number}" for number in (20, 120, *range(200, 206))
    }
    page.get_by_text("Filter and sort").click()
    page.get_by_label("Sort by").select_option(label="Most used")
    page.get_by_label("Owned").select_option(label="Owned")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**sort=-uses*")
    assert page.locator("tbody tr").count() == 5
    page.get_by_role("button", name="Wear Runner 203 today").tap()
    page.get_by_text("Runner 203 was worn today.").wait_for()
    assert "q=runner+20" in page.url
    assert page.locator("tbody th a").first.inner_text() == "Runner 203"
    page.get_by_role("link", name="Undo").click()
    page.get_by_role("button", name="Undo it").click()
    page.get_by_text("The entry was undone.").wait_for()


def test_several_pairs_and_days_are_chosen_by_keyboard_alone(page: sync_api.Page) -> None:
    page.goto("/wear")
    page.get_by_label("Find pairs").focus()
    page.keyboard.type("runner 17")
    page.keyboard.press("Enter")
    page.get_by_label("Runner 16,").wait_for(state="detached")
    boxes = page.locator("#sneaker_ids input")
    assert boxes.count() == 11
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.locator("#days input").nth(1).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Record them").press("Enter")
    page.get_by_text("2 entries were recorded (worn).").wait_for()


def test_everybody_can_use_every_page(page: sync_api.Page) -> None:
    for path in PAGES:
        page.goto(path)
        assert fits(page), path
        assert faults(page) == [], path
        assert page.locator("h1").count() == 1, path
        small = page.evaluate(
            "[...document.querySelectorAll('nav a, button, .button, select, input:not([type=hidden], [type=radio],"
            " [type=checkbox])')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43)"
            ".map(e => e.outerHTML)"
        )
        assert small == [], path


def test_a_photo_is_chosen_and_an_import_looked_at(page: sync_api.Page) -> None:
    data = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(data, "JPEG")
    page.goto("/sneakers/1/photo")
    page.get_by_label("Choose a photo").set_input_files(
        {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}
    )
    page.get_by_role("button", name="Save the photo").click()
    page.get_by_role("img", name="Photo of Runner 1").wait_for()
    playwright_api.expect(page.locator(".photo")).to_have_js_property("naturalWidth", 800)
    assert faults(page) == []
    page.goto("/import")
    exported = page.request.get("/export/sneaker_events.json").body().replace(b'"worn"', b'"eaten"', 3)
    page.get_by_label("Files").set_input_files(
        {"name": "mine.json", "mimeType": "application/json", "buffer": exported}
    )
    page.get_by_role("button", name="Look at it").click()
    page.get_by_text("its type is not known").first.wait_for()
    assert faults(page) == []
    assert fits(page)
