"""An auditor with a real browser: with scripts and without, by keyboard, on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.opening import DESKTOP, opening
from tests.report_pages.conftest import BILLS, Shop

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
HOSTILE = "<script>window.hit = 1</script>"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def open_page(browser: sync_api.Browser, site: str) -> Iterator[Any]:
    """Opens pages as a browser with some settings; the test fails where it complains of anything."""
    with opening(browser, site) as (opened, complaints):
        yield opened
    assert [text for text in complaints if "status of 422" not in text] == []


def id_of(page: sync_api.Page) -> str:
    """The id of the request whose page is open."""
    page.wait_for_url("**/reports/requests/*")
    return page.url.rpartition("/")[2]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_form_to_a_downloaded_file(open_page: Any, shop: Shop, tmp_path: Path, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto("/reports/")
    page.get_by_role("link", name="Gem check", exact=True).click()
    page.get_by_label("any line").check()
    page.get_by_role("button", name="Add a line").click()
    second = page.get_by_role("group", name="Line 2", exact=True)
    second.get_by_label("Gem").select_option("b2")
    second.get_by_label("Count to").fill("2")
    second.get_by_label("Count from").fill("3")
    page.get_by_role("button", name="Ask for the report").click()
    page.get_by_role("alert").wait_for()
    assert page.locator("#lines-0-code-error").inner_text() == "Gem must be given."
    assert page.locator("#lines-0-code").get_attribute("aria-invalid") == "true"
    assert page.get_by_role("group", name="Line 2", exact=True).get_by_label("Count from").input_value() == "3"
    if scripts:
        assert page.evaluate("document.activeElement.id") == "lines-0-code"
    page.get_by_role("group", name="Line 1", exact=True).get_by_role("button", name="Remove").click()
    page.get_by_role("group", name="Line 2", exact=True).wait_for(state="detached")
    line = page.get_by_role("group", name="Line 1", exact=True)
    line.get_by_label("Count from").fill("1")
    page.get_by_role("button", name="Count the rows first").click()
    wanted = [n for n in range(1, BILLS + 1) if n % 7 == 1 and n % 5 + 1 <= 2]
    page.get_by_text(f"{len(wanted)} rows match at this moment.").wait_for()
    before = len(shop.reports.requests(limit=1000))
    page.get_by_role("button", name="Ask for the report").dblclick()
    id_ = id_of(page)
    assert len(shop.reports.requests(limit=1000)) == before + 1
    page.get_by_role("button", name="Cancel").wait_for()
    shop.tell(id_, "launched", "started", run_id="r")
    shop.tell(id_, "progress", rows=12, run_id="r")
    page.get_by_text("It is running: 12 rows so far.").wait_for()
    shop.tell(id_, "failed", sentence="Killed.")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("button", name="Cancel").wait_for()
    shop.run(id_)
    page.get_by_role("heading", name=f"Rows 1 to {len(wanted)} of {len(wanted)}").wait_for()
    assert page.title().startswith("Gem check, finished ")
    assert page.locator("table.result tbody tr").first.locator("td").first.inner_text() == str(wanted[-1])
    page.get_by_role("columnheader", name="bill_no").get_by_role("link").click()
    page.wait_for_url("**sort=bill_no**")
    assert page.locator("table.result tbody tr").first.locator("td").first.inner_text() == str(wanted[0])
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV").click()
    downloading.value.save_as(tmp_path / "made.csv")
    assert len((tmp_path / "made.csv").read_text(encoding="utf-8").splitlines()) == len(wanted) + 1
    page.get_by_role("link", name="Change and ask").click()
    assert page.get_by_role("group", name="Line 1", exact=True).get_by_label("Count to").input_value() == "2"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_hostile_texts_and_fifty_lines(open_page: Any, shop: Shop, scripts: bool) -> None:
    page = open_page(java_script_enabled=scripts)
    id_ = shop.ask(lines=[{"code": f"b{n % 7 + 1}", "lower": n % 3 + 1} for n in range(49)], note=HOSTILE)
    page.goto(f"/reports/gem_check?from={id_}")
    assert page.locator("fieldset.line").count() == 49
    page.get_by_role("button", name="Add a line").click()
    page.get_by_role("group", name="Line 50", exact=True).wait_for()
    assert page.get_by_role("button", name="Add a line").count() == 0
    assert page.get_by_label("Note").input_value() == HOSTILE
    page.get_by_role("group", name="Line 50", exact=True).get_by_label("Gem").select_option("b1")
    page.get_by_role("button", name="Ask for the report").click()
    asked = id_of(page)
    shop.run(asked)
    page.get_by_role("heading", name="Rows 1 to").wait_for()
    assert page.locator("table.result").get_by_text(HOSTILE).count() > 1
    for path in (page.url, "/reports/requests", f"/reports/gem_check?from={asked}"):
        page.goto(path)
        if scripts:
            assert page.evaluate("window.hit") is None
            assert page.evaluate(FITS)
    strange = {"Note": "x" * 10_000, "Pledged from": None}
    page.get_by_label("Note").fill(strange["Note"])
    page.get_by_role("button", name="Ask for the report").click()
    assert page.locator("#note-error").inner_text() == "Note must be at most 200 characters long."
    assert page.get_by_label("Note").input_value() == strange["Note"]


def test_by_keyboard_alone(open_page: Any, shop: Shop) -> None:
    page = open_page()
    page.goto("/reports/gem_check")

    def to(id_: str) -> None:
        for _ in range(40):
            if page.evaluate("document.activeElement.id || document.activeElement.textContent") == id_:
                return
            page.keyboard.press("Tab")
        pytest.fail(f"{id_} is not reached by Tab")

    to("lines-0-code")
    page.keyboard.press("b")
    to("lines-add")
    page.keyboard.press("Enter")
    page.locator("#lines-1-code:focus").wait_for()
    page.keyboard.press("b")
    to("count")
    page.keyboard.press("Space")
    page.get_by_text("at this moment").wait_for()
    page.locator("#count:focus").wait_for()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ask for the report"
    page.keyboard.press("Enter")
    assert shop.reports.request(id_of(page)).answers["lines"][0]["code"] == "b1"


@pytest.mark.parametrize(("window", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_every_page_fits_and_every_field_has_a_name(
    open_page: Any, shop: Shop, window: dict[str, int], scheme: str
) -> None:
    page = open_page(viewport=window, color_scheme=scheme)
    ids = [shop.ask(match="any", note="n" * 200), shop.ask(lines=[{"code": code} for code in ("b1", "b2")])]
    shop.run(ids[1])
    report = shop.reports.report("gem_check")
    answers = shop.reports.read(report, {"lines": [{"code": "b1"}]})
    saved = shop.reports.save(report, answers, "ada", "t" * 200, "0 7 * * 1")
    paths = ["/reports/", "/reports/gem_check", "/reports/requests", "/reports/saved"]
    for path in (*paths, *(f"/reports/requests/{id_}" for id_ in ids)):
        page.goto(path)
        assert page.evaluate(FITS), path
        assert page.locator("h1").count() == 1, path
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
            ".filter(field => !field.labels.length).map(field => field.outerHTML)"
        )
        assert unnamed == [], path
        small = page.evaluate(
            "[...document.querySelectorAll('nav a, button:not(.unseen), .button, select, textarea, input[id]')]"
            ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43).map(e => e.outerHTML)"
        )
        assert small == [], path
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(23, 21, 19)" if scheme == "dark" else "rgb(246, 244, 241)"
        )
        page.emulate_media(media="print")
        assert page.locator("button:visible, nav:visible").count() == 0, path
        page.emulate_media(media="screen")
    shop.reports.unsave(saved.id, "ada")


def test_what_was_typed_stays_where_no_page_is_the_answer(open_page: Any, shop: Shop) -> None:
    page = open_page()
    page.goto("/reports/gem_check")
    page.get_by_label("Gem").select_option("b3")
    page.get_by_label("Note").fill("kept")
    page.route("**/gem_check/requests", lambda route: route.fulfill(content_type="text/plain", body="Nobody answers."))
    for button in ("Ask for the report", "Ask for the report"):
        page.get_by_role("button", name=button).click()
        assert page.get_by_role("alert").inner_text() == "Nobody answers."
    assert page.get_by_label("Note").input_value() == "kept"
    page.unroute("**/gem_check/requests")
    page.get_by_role("button", name="Ask for the report").click()
    assert shop.reports.request(id_of(page)).answers["note"] == "kept"


def test_a_server_that_is_away_is_asked_again(open_page: Any, shop: Shop) -> None:
    page = open_page()
    id_ = shop.ask()
    page.goto(f"/reports/requests/{id_}")
    page.route("**/reports/requests/*", lambda route: route.fulfill(body="away"))
    page.wait_for_timeout(2_000)
    assert page.get_by_role("button", name="Cancel").is_visible()
    page.unroute("**/reports/requests/*")
    shop.run(id_)
    page.get_by_role("heading", name="Rows 1 to").wait_for()
