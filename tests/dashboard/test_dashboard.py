"""The dashboard as people reach it: behind the gateway and its log-in, in a real browser, over real tables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.api.conftest import put
from tests.collector.serving import WRITE_KEY, stream_of
from tests.conftest import CHROMIUM
from tests.gateway.serving import served
from tributary.assets.sources import get_sources
from tributary.catalogue import TableEntry, catalogue_of
from tributary.identity.tables import open_tables
from tributary.identity.users import add_user
from tributary.resources.gateway.patience import Limits
from tributary.resources.postgres.databases import Databases
from tributary.resources.postgres.databases import connect as connect_to
from tributary.resources.principal import Role
from tributary.resources.settings import Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.web.app import create_app, policy_of

if TYPE_CHECKING:
    from playwright import sync_api

PASSWORD = "correct horse battery"
SOCIAL = ("gold.social_user_summary", "gold.social_daily_activity", "gold.social_follower_history")
EVENTS, WORDS = "gold.meetup_events", "gold.meetup_title_words"


def _table(entry: TableEntry) -> Table:
    """A table as the catalogue has it, without its checks: here it holds what a test puts into it."""
    layer, _, name = entry.key.partition(".")
    columns = tuple(Column(one.name, one.type, one.description, one.tags) for one in entry.columns)
    return Table(layer, name, columns, entry.description)


def _rows(entry: TableEntry, count: int) -> list[dict[str, Any]]:
    """Rows of whatever columns a table has."""

    def value(name: str, type_: str, number: int) -> Any:
        if type_ == "date":
            return date(2024, 1, 1) + timedelta(days=number % 90)
        if type_ == "timestamp":
            return datetime(2024, 1, 1) + timedelta(days=number % 90)  # noqa: DTZ001
        if type_ == "boolean":
            return number % 10 == 0 if name == "is_cancelled" else number % 3 == 0
        if type_ == "text":
            return f"{name} {number if name == 'event_id' else number % 7}"
        return {"lat": 37.7 + number % 9 / 50, "lon": -122.5 + number % 8 / 50}.get(name, number % 40)

    return [{one.name: value(one.name, one.type, number) for one in entry.columns} for number in range(count)]


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of the test's own, as the dashboard's process finds its database by it."""
    home = tmp_path_factory.mktemp("dashboard")
    return Settings(_env_file=None, home=home, dashboard_port=_port(), collector_write_key=WRITE_KEY, login="users")


@pytest.fixture(scope="module")
def databases(settings: Settings) -> Iterator[Databases]:
    with connect_to(settings) as found:
        yield found


@pytest.fixture(scope="module")
def site(
    settings: Settings, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The address of the gateway, where viewers log in, and that of the dashboard's own server."""
    home = settings.home
    add_user(open_tables(databases.url("app")), "ada", PASSWORD, Role.VIEWER)
    catalogue = catalogue_of(get_sources(), home).by_key
    warehouse = PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))
    put(warehouse, _table(catalogue[EVENTS]), _rows(catalogue[EVENTS], 200))
    words = [{**row, "word": f"word {n % 5}", "yes_rsvps": 1} for n, row in enumerate(_rows(catalogue[WORDS], 200))]
    put(warehouse, _table(catalogue[WORDS]), words)
    for key in SOCIAL:
        put(warehouse, _table(catalogue[key]), _rows(catalogue[key], 50))
    environment = {
        "TRIBUTARY_HOME": str(home),
        "TRIBUTARY_DASHBOARD_PORT": str(settings.dashboard_port),
    }
    log = home / "dashboard.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tributary.dashboard"], env={**os.environ, **environment}, stdout=file, stderr=file
        )
    own = f"http://127.0.0.1:{settings.dashboard_port}"
    deadline = time.monotonic() + 120
    while not _answers(f"{own}/dashboard/_stcore/health"):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    stream = stream_of(tmp_path_factory.mktemp("events"))
    with served(create_app(settings, databases, stream), policy_of(settings), limits=Limits()) as found:
        yield found.url, own
    stream.close()
    process.terminate()
    assert process.wait(30) in (0, -15)
    assert "Traceback" not in log.read_text()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def test_it_answers_nobody_but_the_gateway(site: tuple[str, str]) -> None:
    _, own = site
    assert httpx.get(f"{own}/dashboard/").status_code == 401
    with pytest.raises(InvalidStatus), connect(own.replace("http", "ws", 1) + "/dashboard/_stcore/stream"):
        pass


def test_who_has_not_logged_in_sees_nothing_of_it(site: tuple[str, str]) -> None:
    gateway, _ = site
    answer = httpx.get(f"{gateway}/dashboard/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    with pytest.raises(InvalidStatus), connect(gateway.replace("http", "ws", 1) + "/dashboard/_stcore/stream"):
        pass


@pytest.fixture(scope="module")
def page(site: tuple[str, str]) -> Iterator[sync_api.Page]:
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1300, "height": 1000})
        opened.goto(f"{site[0]}/login")
        opened.get_by_label("Name").fill("ada")
        opened.get_by_label("Password").fill(PASSWORD)
        opened.get_by_role("button", name="Log in").click()
        opened.wait_for_url(f"{site[0]}/")
        yield opened
        browser.close()


@pytest.mark.browser
def test_the_pictures_of_meetup_are_linked_and_nothing_is_asked_elsewhere(
    site: tuple[str, str], page: sync_api.Page, databases: Databases
) -> None:
    gateway, _ = site
    wrong: list[str] = []
    asked: list[str] = []
    page.on(
        "console",
        lambda message: wrong.append(f"{message.text} {message.location}") if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Dashboard").click()
    page.get_by_role("link", name="Meetup").first.click()
    page.wait_for_selector('.linked[aria-busy="false"]', timeout=60_000)

    def held(where: str = "true") -> int:
        with psycopg.connect(databases.reader_url("warehouse")) as reader:
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
    # At an address below its own, Streamlit's page first looks there for its server.
    assert [one for one in wrong if "/dashboard/meetup/_stcore/" not in one] == []
    assert [one for one in asked if not one.startswith((gateway, "data:", "blob:"))] == []


@pytest.mark.browser
def test_who_may_not_see_personal_data_sees_the_page_without(site: tuple[str, str], page: sync_api.Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site[0]}/dashboard/social-users")
    page.wait_for_selector('.linked[data-state="ready"]', timeout=60_000)
    page.get_by_text("Columns with personal data are not shown to you.").wait_for()
    (rows,) = [one for one in asked if "social_user_summary/rows" in one]
    assert "user_id" in rows
    assert "username" not in rows
