"""The catalogue in a real browser: clicking through a lineage, by keyboard, on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.accessibility import faults
from tests.opening import DESKTOP, opening

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
PAGES = (
    "/catalog/",
    "/catalog/?q=domain",
    "/catalog/?q=nowhere",
    "/catalog/tables/staged.people",
    "/catalog/tables/gold.wide",
    "/catalog/tables/core.dim_person/columns/domain",
    "/catalog/tables/core.dim_person/columns/id?all=1",
)


@pytest.fixture
def open_page(browser: sync_api.Browser, site: str) -> Iterator[Any]:
    """Opens pages as a browser with some settings; the test fails where it complains of anything."""
    with opening(browser, site) as (opened, complaints):
        yield opened
    assert complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_search_through_the_picture_to_where_a_column_comes_from(open_page: Any, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto("/catalog/")
    page.get_by_label("Words in names, meanings and columns").fill("write from")
    page.get_by_role("button", name="Search").click()
    assert page.get_by_role("status").inner_text().startswith("1 table found")
    page.get_by_role("link", name="gold.domains").click()
    page.get_by_role("rowheader", name="domain").get_by_role("link", name="domain").click()
    page.wait_for_url("**/tables/gold.domains/columns/domain")
    page.get_by_role("link", name="core.dim_person.domain, personal data").click()
    page.wait_for_url("**/tables/core.dim_person/columns/domain")
    page.get_by_role("link", name="staged.people.mail, personal data").click()
    page.wait_for_url("**/tables/staged.people/columns/mail")
    assert page.locator(".start-node").get_attribute("aria-label").endswith("the column of this page")
    page.get_by_role("link", name="gold.domains, table").click()
    page.wait_for_url("**/tables/gold.domains")


def test_a_line_of_the_picture_leads_to_its_line_in_the_list(open_page: Any) -> None:
    page = open_page()
    page.goto("/catalog/tables/core.dim_person/columns/domain")
    line = page.locator(".lineage .only-rows")
    number = line.evaluate("line => line.parentElement.getAttribute('href')")
    line.locator("xpath=..").locator(".around").click(force=True)
    told = page.locator(f"tr{number}")
    assert page.url.endswith(number)
    assert "p.left_on IS NULL" in told.inner_text()
    assert told.evaluate("row => row.matches(':target')")


def test_the_picture_is_walked_by_keyboard(open_page: Any) -> None:
    page = open_page()
    page.goto("/catalog/tables/core.dim_person/columns/domain")
    names = []
    page.locator(".scroll.drawn").focus()
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert names == [
        "staged.people, table",
        "staged.people.mail, personal data",
        "staged.people.left_on",
        "core.dim_person, table",
        "core.dim_person.domain, personal data, the column of this page",
        "gold.domains, table",
        "gold.domains.domain, personal data",
    ]
    page.keyboard.press("Enter")
    page.wait_for_url("**/tables/gold.domains/columns/domain")


def test_a_wide_picture_is_shown_where_the_page_is_about(open_page: Any) -> None:
    page = open_page(viewport=PHONE)
    page.goto("/catalog/tables/core.dim_person/columns/id?all=1")
    assert page.locator(".drawn").evaluate("box => box.scrollLeft") > 0
    here, seen = page.locator(".start-node").bounding_box(), page.locator(".drawn").bounding_box()
    assert seen["x"] <= here["x"] + here["width"] / 2 <= seen["x"] + seen["width"]
    assert seen["y"] <= here["y"] <= seen["y"] + seen["height"]


@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_each_page(open_page: Any, path: str) -> None:
    for settings in ({}, {"viewport": PHONE, "color_scheme": "dark"}):
        page = open_page(**settings)
        page.goto(path)
        assert faults(page) == []
        assert page.evaluate(FITS)
        assert page.evaluate("window.hit") is None


def test_on_paper_the_whole_picture_is_as_wide_as_the_page(open_page: Any) -> None:
    page = open_page()
    page.emulate_media(media="print")
    page.goto("/catalog/tables/core.dim_person/columns/id?all=1")
    box = page.locator(".lineage").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= DESKTOP["width"]
    assert not page.get_by_role("navigation", name="Main").is_visible()


def test_boxes_do_not_lie_on_each_other(open_page: Any) -> None:
    page = open_page()
    page.goto("/catalog/tables/core.dim_person/columns/id?all=1")
    boxes = page.evaluate("[...document.querySelectorAll('.box')].map(box => box.getBoundingClientRect().toJSON())")
    assert len(boxes) == 5
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart = one["right"] <= other["left"] or other["right"] <= one["left"]
            assert apart or one["bottom"] <= other["top"] or other["bottom"] <= one["top"]
