"""`tributary up` as a newcomer meets it: it starts, shows green in a real browser, follows its sources, and stops."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from segment.analytics import Client

from tests.accessibility import faults
from tests.conftest import CHROMIUM
from tests.ports import free_port
from tributary.assets.sources import BUILT_IN
from tributary.catalogue import get_catalogue
from tributary.launcher.state import pids
from tributary.resources.guarding import LOCAL_WRITE_KEY
from tributary.resources.postgres import postmaster
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(600)]
SCALE = 0.006


class Up:
    """A running `tributary up` with a home and ports of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home.with_suffix(".log")
        self.port, self.web_port, self.meetup_port, self.dashboard_port = (free_port() for _ in range(4))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        return Settings(_env_file=None, home=self.home)

    def start(self) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TRIBUTARY_")}
        environment |= {
            "TRIBUTARY_HOME": str(self.home),
            "TRIBUTARY_DAGSTER_PORT": str(self.port),
            "TRIBUTARY_WEB_PORT": str(self.web_port),
            "TRIBUTARY_DASHBOARD_PORT": str(self.dashboard_port),
            "TRIBUTARY_MEETUP_PORT": str(self.meetup_port),
            "TRIBUTARY_STREAM_BUFFER_SECONDS": "5",
            "TRIBUTARY_RETAIL_SAMPLE_SCALE": str(SCALE),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tributary", "up"], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        wait_for(lambda: "Ready." in self.log.read_text() or self.process.poll() is not None, 300, "the UI")  # type: ignore[union-attr]
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text()

    def graphql(self, query: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.web_port}/dagster/graphql",
            data=json.dumps({"query": query}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - an http URL of our own
            return json.load(answer)["data"]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with connect(self.settings) as databases:
            return PostgresWarehouse(lambda: databases.url("warehouse")).rows(sql)

    def family(self) -> list[psutil.Process]:
        """Every process that belongs to this home, the server's included."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = " ".join(process.info["cmdline"] or [])
            environment = process.info["environ"] or {}
            if str(self.home) in words or environment.get("TRIBUTARY_HOME") == str(self.home):
                found.append(process)
        return found


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} s in vain for {what}")
        time.sleep(0.5)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("up") / "home")
    running.start()
    yield running
    for process in running.family():
        process.kill()


ASSETS = """{ assetNodes { assetKey { path } groupName description owners { ... on TeamAssetOwner { team } }
  assetMaterializations(limit: 1) { runId } } }"""


def test_every_asset_is_materialised_grouped_described_and_owned(up: Up) -> None:
    nodes = up.graphql(ASSETS)["assetNodes"]
    assert len(nodes) >= 30
    unmade = [node["assetKey"]["path"] for node in nodes if not node["assetMaterializations"]]
    assert [path for path in unmade if path[0] != "reports"] == [], "all but extracts, which nobody has asked for"
    assert {node["groupName"] for node in nodes} == set(BUILT_IN)
    assert [node["assetKey"]["path"] for node in nodes if not node["description"] or not node["owners"]] == []


def test_the_sensors_run_from_the_start(up: Up) -> None:
    found = up.graphql(
        '{ sensorsOrError(repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "tributary"})'
        " { ... on Sensors { results { name sensorState { status } } } } }"
    )["sensorsOrError"]["results"]
    assert {sensor["name"]: sensor["sensorState"]["status"] for sensor in found} == {
        "automation": "RUNNING",
        "pledge_files": "RUNNING",
        "report_requests": "RUNNING",
        "retail_files": "RUNNING",
        "sneaker_events": "RUNNING",
        "social_events": "RUNNING",
    }


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/run installs it")
def test_the_browser_shows_a_green_well_described_asset(up: Up) -> None:
    from playwright.sync_api import expect, sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page.goto(f"http://127.0.0.1:{up.web_port}/dagster/assets/gold/household_summary")
        expect(page.get_by_text("Row count")).to_be_visible()
        expect(page.get_by_text("Household (loyalty card) number.")).to_be_visible()
        page.get_by_role("tab", name=re.compile("Events")).or_(page.get_by_text("Events", exact=True)).first.click()
        page.get_by_text("[Show Markdown]").first.click()
        expect(page.get_by_text("household_key").first).to_be_visible()
        page.goto(f"http://127.0.0.1:{up.web_port}/dagster/assets/gold/household_summary?view=checks")
        expect(page.get_by_text("scores_add_up").first).to_be_visible()
        expect(page.get_by_text("Passed").first).to_be_visible()
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/run installs it")
def test_every_page_of_the_dashboard_shows_rows_and_no_error(up: Up) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=f"http://127.0.0.1:{up.web_port}")
        page.set_default_timeout(60_000)
        for address in ("meetup", "retail-household", "retail-segments", "retail-campaigns", "sneakers", "social"):
            page.goto(f"/dashboard/{address}")
            page.locator('.linked[data-state="ready"], [data-testid="stVegaLiteChart"]').first.wait_for()
            expect(page.locator('[data-testid="stAlertContentError"], [data-testid="stException"]')).to_have_count(0)
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/run installs it")
def test_a_report_is_asked_in_the_browser_and_its_rows_are_there_by_themselves(up: Up, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=f"http://127.0.0.1:{up.web_port}")
        page.set_default_timeout(120_000)
        page.goto("/")
        page.get_by_role("link", name="Reports", exact=True).click()
        page.get_by_role("link", name="Ornament verification", exact=True).click()
        page.get_by_label("Ornament code").select_option("b1")
        page.get_by_role("button", name="Count the rows first").click()
        counted = page.get_by_text("match at this moment").inner_text().split()[0]
        page.get_by_role("button", name="Ask for the report").click()
        page.get_by_role("heading", name=f"of {counted}").wait_for()
        with page.expect_download() as downloading:
            page.get_by_role("link", name="CSV").click()
        downloading.value.save_as(tmp_path / "made.csv")
        request = page.url.rpartition("/")[2]
        browser.close()
    rows = int(counted.replace(",", ""))
    assert len((tmp_path / "made.csv").read_text().splitlines()) == rows + 1
    staged = f"SELECT count(*) AS n FROM staged.report_ornament_verification WHERE request_id = '{request}'"
    wait_for(lambda: up.rows(staged)[0]["n"] == rows, 60, "the rows in the warehouse")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/run installs it")
def test_what_goes_wrong_is_on_the_front_page_until_it_is_mended(up: Up) -> None:
    from playwright.sync_api import expect, sync_playwright

    path = up.home / "sample" / "retail" / "transaction_data.csv"
    whole = path.read_bytes()
    line = whole.splitlines(keepends=True)[1].split(b",")
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=f"http://127.0.0.1:{up.web_port}")
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        expect.set_options(timeout=150_000)
        page.set_default_timeout(60_000)
        page.goto("/")
        # Numbers are those of queries.
        retail = page.locator(".sources .card").filter(has=page.get_by_role("link", name="Retail", exact=True))
        names = [table.key for table in get_catalogue().tables if table.source == "retail" and table.kind == "table"]
        told = ", ".join(f"'{name}'" for name in names)
        rows = up.rows(f"SELECT sum(rows)::bigint AS n FROM _published.tables WHERE table_name IN ({told})")[0]["n"]
        expect(retail.get_by_text(f"{rows:,}", exact=True)).to_be_visible()
        for address in ("/", "/quarantine/", "/platform/"):
            page.goto(address)
            assert faults(page) == [], address
        expect(page.get_by_role("row", name=re.compile("code-server .* MB"))).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("retail_files every"))).to_be_visible()
        # A record that does not fit; the page is not loaded again.
        page.goto("/")
        needs = page.locator(".needs li")
        quarantined = needs.filter(has_text="staged.retail_transactions").filter(has_text="Quarantine")
        expect(quarantined).to_have_count(0)
        path.write_bytes(whole + b",".join([b"<b>x</b>", *line[1:]]))
        expect(quarantined).to_have_count(1)
        quarantined.get_by_role("link").click()
        expect(page.locator("pre", has_text="<b>x</b>").first).to_be_visible()
        page.get_by_role("button", name="Replay staged.retail_transactions").click()
        expect(page.get_by_text("1 record was read again; 1 is still rejected.")).to_be_visible()
        assert faults(page) == []
        # A blocking check that fails, and so a run that does.
        page.goto("/")
        check = needs.filter(has_text="Failing check").filter(has_text="discounts_reduce")
        run = needs.filter(has_text="Failed run").filter(has_text="keeps its old rows")
        path.write_bytes(whole + b",".join([*line[:7], b"0.5", *line[8:]]))
        expect(check).to_have_count(1)
        expect(run).to_have_count(1)
        path.write_bytes(whole)
        for one in (check, run, quarantined):
            expect(one).to_have_count(0)
        browser.close()
    assert complaints == []


def test_a_changed_file_flows_to_gold_by_itself(up: Up) -> None:
    before = up.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"]
    path = up.home / "sample" / "retail" / "hh_demographic.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-10]) + b"no,household\n")
    wait_for(
        lambda: up.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"] < before, 240, "gold to follow"
    )
    rejected = up.rows("SELECT source, raw_text, reason FROM quarantine.rejected_rows")
    assert {"source": path.name, "raw_text": "no,household", "reason": "expected 8 fields, found 2"} in rejected


def test_an_event_of_the_segment_sdk_reaches_gold_by_itself(up: Up) -> None:
    client = Client(LOCAL_WRITE_KEY, host=f"http://127.0.0.1:{up.web_port}", gzip=True)
    client.identify("from-the-sdk", {"username": "sdk", "email": "sdk@example.org"})
    client.track("from-the-sdk", "Post Created", {"post_id": "sdk-1", "body": "Hello"})
    client.track("from-the-sdk", "Follow User", {"user_id": "somebody"})
    client.shutdown()
    summary = "SELECT username, posts, following FROM gold.social_user_summary WHERE user_id = 'from-the-sdk'"
    wait_for(lambda: up.rows(summary) == [{"username": "sdk", "posts": 1, "following": 1}], 120, "gold to follow")


def test_events_of_the_simulated_network_go_on_arriving(up: Up) -> None:
    newest = "SELECT max(received_at) AS at FROM core.fact_social_event"
    before = up.rows(newest)[0]["at"]
    wait_for(lambda: up.rows(newest)[0]["at"] > before, 120, "further events")


PARTITIONED = (("raw", "json_meetup_events"), ("staged", "meetup_events"), ("staged", "meetup_venues"))
BACKFILL = """mutation {{
  launchPartitionBackfill(backfillParams: {{ partitionNames: {days}, assetSelection: [{keys}] }})
  {{ __typename ... on PythonError {{ message }} }} }}"""


def test_a_backfill_of_old_days_that_the_ui_asks_for_is_one_run_and_reaches_gold_by_itself(up: Up) -> None:
    held = "SELECT count(*) AS n FROM gold.meetup_top_events WHERE local_date BETWEEN '2014-03-01' AND '2014-03-31'"
    assert up.rows(held) == [{"n": 0}]
    days = json.dumps([f"2014-03-{day:02}" for day in range(1, 32)])
    keys = ", ".join(
        f'{{ path: ["{layer}", "{name}"] }}' for layer, name in (*PARTITIONED, ("core", "fact_meetup_event"))
    )
    answer = up.graphql(BACKFILL.format(days=days, keys=keys))["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    wait_for(lambda: up.rows(held)[0]["n"] > 20, 150, "gold to follow")
    runs = up.graphql("{ runsOrError(limit: 100) { ... on Runs { results { tags { key } } } } }")["runsOrError"][
        "results"
    ]
    assert sum("dagster/backfill" in {tag["key"] for tag in run["tags"]} for run in runs) == 1


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed; .ci/run installs it")
def test_what_is_recorded_in_the_forms_reaches_gold_by_itself(up: Up) -> None:
    from playwright.sync_api import sync_playwright

    timeline = "SELECT wears FROM gold.sneaker_timeline WHERE name = 'Test Runner'"
    assert up.rows(timeline) == []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=f"http://127.0.0.1:{up.web_port}")
        page.goto("/")
        page.locator("a[href='/sneakers/']").click()
        page.get_by_role("link", name="Add sneakers").first.click()
        for label, value in {"Name": "Test Runner", "Colour": "red", "Material": "suede", "Price paid": "120"}.items():
            page.get_by_label(label).fill(value)
        page.get_by_label("Brand").select_option(index=1)
        page.get_by_label("Bought on").fill("2025-05-01")
        page.get_by_role("button", name="Add sneakers").click()
        page.get_by_text("The pair was added.").wait_for()
        page.get_by_role("navigation").get_by_role("link", name="Use").click()
        choice = page.get_by_label("Pair").locator("option", has_text="Test Runner").get_attribute("value")
        page.get_by_label("Pair").select_option(value=choice)
        page.get_by_label("Wore it").check()
        page.get_by_label("Day").fill("2025-05-02")
        page.get_by_role("button", name="Record it").click()
        page.get_by_role("listitem").filter(has_text="Worn").first.wait_for()
        browser.close()
    wait_for(lambda: [row["wears"] for row in up.rows(timeline)] == [1], 150, "gold to follow")


def test_what_dies_is_started_again_and_health_tells_the_truth_meanwhile(up: Up) -> None:
    def health() -> int:
        try:
            return int(httpx.get(f"http://127.0.0.1:{up.web_port}/v1/health", timeout=10).status_code)
        except httpx.HTTPError:
            return 0

    assert health() == 200
    server = postmaster.claimed_pid(up.settings.postgres_data)
    assert server is not None
    os.kill(server, signal.SIGKILL)
    wait_for(lambda: health() == 503, 20, "the outage to be told")
    wait_for(lambda: health() == 200, 60, "Postgres to be back")
    os.kill(pids(up.home)["web"], signal.SIGKILL)
    wait_for(lambda: health() == 0, 20, "the web process to be gone")
    wait_for(lambda: health() == 200, 60, "the web process to be back")
    assert httpx.get(f"http://127.0.0.1:{up.web_port}/sneakers/", follow_redirects=True).status_code == 200
    said = up.log.read_text()
    assert "Postgres ended; it is started again in 0.5 s." in said
    assert "web is up again." in said


def test_after_a_kill_of_everything_it_recovers_by_itself(up: Up) -> None:
    before = up.rows("SELECT count(*) AS n, sum(total_sales) AS s FROM gold.household_summary")
    for process in up.family():
        if process.is_running():
            process.kill()
    output = up.start()
    assert "✗" not in output
    assert up.rows("SELECT count(*) AS n, sum(total_sales) AS s FROM gold.household_summary") == before


def test_ctrl_c_leaves_nothing_running(up: Up) -> None:
    assert up.process is not None
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(60) == 0
    wait_for(lambda: up.family() == [], 30, "all processes to end")
