"""A collector with a real browser: by mouse on a phone, by keyboard on a desktop, and with hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.conftest import CHROMIUM

if TYPE_CHECKING:
    from playwright import sync_api

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
HOSTILE = '"><script>window.hit = 1</script><img src=x onerror="window.hit = 1">{{7*7}}'


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def page(browser: sync_api.Browser, site: str, request: pytest.FixtureRequest) -> Iterator[sync_api.Page]:
    """A page of the app; the test fails where the browser complains of anything."""
    context = browser.new_context(viewport=request.param, base_url=site)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/")
    yield opened
    context.close()
    assert [text for text in complaints if "status of 422" not in text] == []


def fits(page: sync_api.Page) -> bool:
    """Whether the page is no wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def add_brand_and_pair(page: sync_api.Page, brand: str, pair: str) -> None:
    """Fill in the forms of a brand and of a pair."""
    page.get_by_role("link", name="Add brand").first.click()
    page.get_by_label("Name").fill(brand)
    page.get_by_role("button", name="Add brand").click()
    page.get_by_role("link", name="Add sneakers").first.click()
    page.get_by_label("Name").fill(pair)
    page.get_by_label("Colour").fill("red")
    page.get_by_label("Material").fill("suede")
    page.get_by_label("Price paid").fill("120")
    page.get_by_label("Bought on").fill("2025-05-01")
    page.get_by_role("button", name="Add sneakers").click()
    page.get_by_text("The pair was added.").wait_for()


def test_a_pair_is_added_worn_and_sold_and_vanishes_from_the_choices(page: sync_api.Page) -> None:
    add_brand_and_pair(page, "Nike", "Dunk Low")
    navigation = page.get_by_role("navigation")
    navigation.get_by_role("link", name="Use").click()
    page.get_by_label("Pair").select_option(label="Nike Dunk Low, red")
    page.get_by_label("Wore it").check()
    page.get_by_label("Day").fill("2025-05-02")
    page.get_by_role("button", name="Record it").click()
    page.get_by_text("The use was recorded.").wait_for()
    assert page.get_by_role("listitem").filter(has_text="Worn").count() == 1
    navigation.get_by_role("link", name="Sell").click()
    page.get_by_label("Pair").select_option(label="Nike Dunk Low, red")
    page.get_by_label("Price received").fill("80")
    page.get_by_label("Day").fill("2025-05-01")
    page.get_by_role("button", name="Record the sale").click()
    beside = page.locator("#event_date-error")
    assert "cannot be worn (2 May 2025) after it was sold (1 May 2025)" in beside.inner_text()
    assert page.get_by_label("Price received").input_value() == "80"
    page.get_by_label("Day").fill("2025-05-03")
    page.get_by_role("button", name="Record the sale").dblclick()
    page.get_by_text("for 80.00").wait_for()
    assert page.get_by_role("listitem").filter(has_text="Sold").count() == 1
    for name in ("Use", "Sell", "Remove"):
        navigation.get_by_role("link", name=name, exact=True).click()
        assert page.get_by_text("You own no pair at the moment.").is_visible()
        assert "Dunk Low" not in page.content()


def test_hostile_names_are_plain_text_everywhere(page: sync_api.Page) -> None:
    add_brand_and_pair(page, HOSTILE, HOSTILE)
    for path in ("/", "/sneakers", "/sneakers/1", "/brands", "/use", "/charts", "/entries/2/edit", "/entries/2/undo"):
        page.goto(path)
        assert page.evaluate("window.hit") is None, path
        assert page.locator("img[src=x], main script").count() == 0, path
        assert fits(page), path
    page.goto("/sneakers/1")
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE


def test_a_form_can_be_filled_in_by_keyboard_alone(page: sync_api.Page) -> None:
    page.goto("/brands/add")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Asics")
    page.keyboard.press("Tab")
    page.keyboard.type("Kith")
    page.keyboard.press("Enter")
    page.get_by_text("The brand was added.").wait_for()
    page.goto("/brands/add")
    page.get_by_role("button", name="Add brand").press("Enter")
    assert page.get_by_role("alert").get_by_role("link").inner_text() == "The name is missing: please fill it in."
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.get_by_label("Name").get_attribute("aria-invalid") == "true"


def test_every_page_fits_and_every_field_has_a_name(page: sync_api.Page) -> None:
    add_brand_and_pair(page, "Nike", "Dunk Low")
    for path in ("/", "/sneakers", "/sneakers/1", "/sneakers/add", "/brands", "/use", "/sell", "/remove", "/charts"):
        page.goto(path)
        assert fits(page), path
        assert page.locator("h1").count() == 1, path
        assert page.locator("html[lang]").count() == 1, path
        fields = page.locator("input:not([type=hidden]), select")
        for index in range(fields.count()):
            assert fields.nth(index).evaluate("field => field.labels.length"), path
        small = page.evaluate(
            "[...document.querySelectorAll('nav a, button, .button, select, input:not([type=hidden], [type=radio])')]"
            ".filter(e => e.getBoundingClientRect().height < 43).map(e => e.outerHTML)"
        )
        assert small == [], path
