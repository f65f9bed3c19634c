"""What tests of pages share: tables of made-up rows, the dashboard behind the gateway, and somebody logged in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import psycopg
import pytest

from tests.api.conftest import put
from tests.collector.serving import WRITE_KEY, stream_of
from tests.conftest import Cli
from tests.gateway.serving import served
from tests.ports import free_port
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
REPORTED = "core.fact_pledge"
TILES = "https://tiles.example/{z}/{x}/{y}.png"
ROWS = {
    "gold.meetup_events": 200,
    "gold.meetup_title_words": 200,
    REPORTED: 200,
    "core.dim_ornament_type": 7,
    "core.dim_branch": 7,
}
"""Rows of tables of which there are more than of the others, or fewer, as each code is there once."""

OF_PAGES = (
    *("gold.meetup_events", "gold.meetup_title_words", "gold.pledge_months", "core.dim_ornament_type", REPORTED),
    *("gold.household_summary", "gold.household_daily_spend", "gold.household_rfm_by_month"),
    *("gold.product_recommendations", "gold.campaign_summary", "gold.campaign_daily_sales"),
    *("gold.sneaker_timeline", "gold.sneakers_owned_by_month", "gold.sneaker_spend_by_month"),
    *("gold.sneaker_wears_by_color", "gold.sneaker_wears_by_season_material"),
    *("gold.social_daily_activity", "gold.social_active_users", "gold.social_retention", "gold.social_acquisition"),
    *("gold.social_user_summary", "gold.social_follower_history", "core.dim_branch"),
)
"""What the pages read."""


@pytest.fixture(autouse=True)
def _main_stays() -> Iterator[None]:
    """A page that runs in this process takes the place of `__main__`, by which processes that are spawned begin."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


def table_of(entry: TableEntry) -> Table:
    """A table as the catalogue has it, without its checks: here it holds what a test puts into it."""
    layer, _, name = entry.key.partition(".")
    columns = tuple(Column(one.name, one.type, one.description, one.tags) for one in entry.columns)
    return Table(layer, name, columns, entry.description)


def rows_of(entry: TableEntry, count: int) -> list[dict[str, Any]]:
    """Rows of whatever columns a table has."""

    def value(name: str, type_: str, number: int) -> Any:
        if type_ == "date":
            return date(2024, 1, 1) + timedelta(days=number % 90)
        if type_ == "timestamp":
            return datetime(2024, 1, 1) + timedelta(days=number % 90)  # noqa: DTZ001
        if type_ == "boolean":
            return number % 10 == 0 if name == "is_cancelled" else name == "is_complete" or number % 3 == 0
        if type_ == "text":
            return f"{name} {number if name in ('event_id', 'bill_id', 'user_id') else number % 7}"
        if type_.startswith("decimal"):
            return Decimal(number % 23 * (10 if name == "purchase_price" else 1))
        if name == "source_line":
            return number
        return {"lat": 37.7 + number % 9 / 50, "lon": -122.5 + number % 8 / 50}.get(name, number % 40)

    return [{one.name: value(one.name, one.type, number) for one in entry.columns} for number in range(count)]


class Site(NamedTuple):
    """The address of the gateway, where viewers log in, and that of the dashboard's own server."""

    gateway: str
    own: str


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of the test's own, as the dashboard's process finds its database by it."""
    home = tmp_path_factory.mktemp("dashboard")
    return Settings(_env_file=None, home=home, dashboard_port=free_port(), collector_write_key=WRITE_KEY, login="users")


@pytest.fixture(scope="package")
def databases(settings: Settings) -> Iterator[Databases]:
    """Databases in which all that pages read has rows."""
    with connect_to(settings) as found:
        catalogue = catalogue_of(get_sources(), settings.home).by_key
        for key in OF_PAGES:
            rows = rows_of(catalogue[key], ROWS.get(key, 40))
            if key == "gold.meetup_title_words":
                rows = [{**row, "word": f"word {number % 5}", "yes_rsvps": 1} for number, row in enumerate(rows)]
            put(warehouse_of(found), table_of(catalogue[key]), rows)
        yield found


@pytest.fixture(scope="package")
def asked(cli: Cli, settings: Settings, databases: Databases) -> str:
    """The id of a request that has finished, with totals of it."""
    lines = 'lines=[{"code":"ornament_code 1"}]'
    id_ = cli("report", "run", "ornament_verification", "--set", lines, home=settings.home).stdout.split()[-4]
    entry = catalogue_of(get_sources(), settings.home).by_key["gold.ornament_report_summary"]
    put(warehouse_of(databases), table_of(entry), [{**row, "request_id": id_} for row in rows_of(entry, 7)])
    return id_


def warehouse_of(databases: Databases) -> PostgresWarehouse:
    return PostgresWarehouse(lambda: databases.url("warehouse"), lambda: databases.reader_url("warehouse"))


@pytest.fixture(scope="package")
def site(settings: Settings, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = settings.home
    add_user(open_tables(databases.url("app")), "ada", PASSWORD, Role.VIEWER)
    environment = {"TRIBUTARY_HOME": str(home), "TRIBUTARY_DASHBOARD_PORT": str(settings.dashboard_port)}
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
        yield Site(found.url, own)
    stream.close()
    process.terminate()
    assert process.wait(30) in (0, -15)
    assert "Traceback" not in log.read_text()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def page(browser: sync_api.Browser, site: Site) -> sync_api.Page:
    """A page of a viewer who has logged in, and may see no personal data."""
    opened = browser.new_page(viewport={"width": 1300, "height": 1000})
    opened.goto(f"{site.gateway}/login")
    opened.get_by_label("Name").fill("ada")
    opened.get_by_label("Password").fill(PASSWORD)
    opened.get_by_role("button", name="Log in").click()
    opened.wait_for_url(f"{site.gateway}/")
    return opened


def rest(page: sync_api.Page) -> None:
    """Wait until nothing of a page is made anew: what waits for it is pale."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    # Not by `wait_for_function`, which evaluates texts in the page, as its policy forbids.
    still = (
        "!document.querySelector('[data-stale=true]')"
        " && document.getAnimations().every(one => one.playState !== 'running')"
    )
    deadline = time.monotonic() + 30
    while not page.evaluate(still):
        assert time.monotonic() < deadline, "The page does not come to rest."
        page.wait_for_timeout(50)


@pytest.fixture
def complaints(site: Site, page: sync_api.Page) -> Iterator[list[str]]:
    """What the browser complains of, and what it asks elsewhere: at the end of a test nothing."""
    found: list[str] = []

    def say(message: sync_api.ConsoleMessage) -> None:
        # At an address below its own, Streamlit's page first looks there for its server.
        if message.type == "error" and "/_stcore/" not in message.location["url"]:
            found.append(f"{message.text} {message.location}")

    def fail(error: Exception) -> None:
        found.append(str(error))

    def look(request: sync_api.Request) -> None:
        if not request.url.startswith((site.gateway, "data:", "blob:", "about:")):
            found.append(request.url)

    page.on("console", say)
    page.on("pageerror", fail)
    page.on("request", look)
    yield found
    page.remove_listener("console", say)
    page.remove_listener("pageerror", fail)
    page.remove_listener("request", look)
    assert found == []


@pytest.fixture(scope="package")
def reader(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """A reader of the warehouse, apart from all that pages read by."""
    with psycopg.connect(databases.reader_url("warehouse"), autocommit=True) as connection:
        yield connection
