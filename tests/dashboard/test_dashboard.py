"""The dashboard as people reach it: behind the gateway and its log-in, in a real browser, over real tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.accessibility import faults
from tests.dashboard.conftest import TILES, Site, rest
from tributary.dashboard.app import headers_of
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = pytest.mark.xdist_group("dashboard")
EVENTS = "gold.meetup_events"


def test_it_answers_nobody_but_the_gateway(site: Site) -> None:
    assert httpx.get(f"{site.own}/dashboard/").status_code == 401
    with pytest.raises(InvalidStatus), connect(site.own.replace("http", "ws", 1) + "/dashboard/_stcore/stream"):
        pass


def test_who_has_not_logged_in_sees_nothing_of_it(site: Site) -> None:
    gateway = site.gateway
    answer = httpx.get(f"{gateway}/dashboard/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    with pytest.raises(InvalidStatus), connect(gateway.replace("http", "ws", 1) + "/dashboard/_stcore/stream"):
        pass


@pytest.mark.browser
def test_the_pictures_of_meetup_are_linked_and_nothing_is_asked_elsewhere(
    page: sync_api.Page, reader: psycopg.Connection[Any], complaints: list[str]
) -> None:
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="Meetup").first.click()
    page.wait_for_selector('.linked[aria-busy="false"]', timeout=60_000)

    def held(where: str = "true") -> int:
        found = reader.execute(f"SELECT count(*) FROM {EVENTS} WHERE NOT is_cancelled AND {where}").fetchone()
        return int(found[0]) if found else -1

    def shown() -> int:
        return int(page.locator(".linked").get_attribute("data-count") or -1)

    assert page.locator(".linked .view").count() == 7
    assert shown() == held() > 0
    page.locator('[data-view="2"] [data-value="group_id 1"]').click()
    page.wait_for_url("**/meetup?*group=*")
    page.wait_for_selector('.linked[aria-busy="false"]')
    assert shown() == held("group_id = 'group_id 1'")
    # The state is the address: others see the same, and the way back leads back.
    page.reload()
    page.wait_for_selector('.linked[aria-busy="false"]', timeout=60_000)
    assert shown() == held("group_id = 'group_id 1'")
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_url(lambda url: "group=" not in url)
    page.go_back()
    alone = held("group_id = 'group_id 1'")
    page.wait_for_selector(f'.linked[data-count="{alone}"]')
    assert complaints == []


@pytest.mark.browser
def test_who_may_not_see_personal_data_sees_the_page_without(site: Site, page: sync_api.Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.gateway}/dashboard/social-users")
    page.wait_for_selector('.linked[data-state="ready"]', timeout=60_000)
    page.get_by_text("Columns with personal data are not shown to you.").wait_for()
    (rows,) = [one for one in asked if "social_user_summary/rows" in one]
    assert "user_id" in rows
    assert "username" not in rows


@pytest.mark.browser
def test_what_a_report_gave_is_shown_with_its_chart_and_totals(
    site: Site, page: sync_api.Page, reader: psycopg.Connection[Any], asked: str, complaints: list[str]
) -> None:
    page.goto(f"{site.gateway}/dashboard/reports?report=ornament_verification&request={asked}")
    page.get_by_role("heading", name="Totals: gold.ornament_report_summary").wait_for(timeout=60_000)
    given = reader.execute("SELECT count(*), count(DISTINCT branch_code) FROM staged.report_ornament_verification")
    rows, branches = given.fetchone() or ()
    assert rows > 0
    page.get_by_text(f"{rows} rows, asked by").wait_for()
    bars = page.locator('[data-testid="stVegaLiteChart"] [aria-roledescription="bar"]')
    bars.first.wait_for()
    assert bars.count() == branches
    file = page.request.get(f"{site.gateway}{page.get_by_role('link', name='All rows as CSV').get_attribute('href')}")
    assert len(file.text().splitlines()) == 1 + rows
    rest(page)
    assert faults(page, within='[data-testid="stMain"]') == []
    assert complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("name", ["retail-household", "retail-campaigns", "social-followers"])
def test_a_page_of_one_thing_follows_what_is_chosen(
    site: Site, page: sync_api.Page, reader: psycopg.Connection[Any], complaints: list[str], name: str
) -> None:
    key = {"retail-household": "household", "retail-campaigns": "campaign", "social-followers": "user"}[name]
    chosen = "user_id 3" if key == "user" else "3"
    page.goto(f"{site.gateway}/dashboard/{name}?{key}={chosen}")
    page.get_by_test_id("stMetric").first.wait_for(timeout=60_000)
    told = page.get_by_test_id("stMetric").all_inner_texts()
    query = {
        "household": "SELECT '$' || total_sales::int FROM gold.household_summary WHERE household_key = 3",
        "campaign": "SELECT redemptions::text FROM gold.campaign_summary WHERE campaign = 3",
        "user": "SELECT followers::text FROM gold.social_user_summary WHERE user_id = 'user_id 3'",
    }[key]
    (want,) = reader.execute(query).fetchone() or ()
    assert want in " ".join(told).split()
    if key == "household":
        page.wait_for_selector('.linked[aria-busy="false"]', timeout=60_000)
        days = "SELECT count(*) FROM gold.household_daily_spend WHERE household_key = 3"
        assert page.locator(".linked").get_attribute("data-count") == str((reader.execute(days).fetchone() or ())[0])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").first.click()
    assert len(saved.value.path().read_text().splitlines()) > 1
    rest(page)
    assert faults(page, within='[data-testid="stMain"]') == []
    assert complaints == []


def test_tiles_are_allowed_by_the_setting_alone(settings: Settings) -> None:
    def allowed(own: Settings) -> str:
        return headers_of(own)["Content-Security-Policy"]

    assert "http" not in allowed(settings)
    assert "img-src 'self' data: blob: https://tiles.example;" in allowed(
        settings.model_copy(update={"map_tiles": TILES})
    )
