"""Dagster's server behind the one address: its UI works in a real browser, and a page from elsewhere drives nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest
from tests.answering import begin
from tests.gateway.conftest import RUNS, Site

from tributary.instance.configuration import URL_VARIABLE
from tributary.launcher.services import dagster_processes
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from playwright import sync_api

pytestmark = pytest.mark.xdist_group("gateway_dagster")

SELECTOR = '{repositoryLocationName: "tiny_definitions", repositoryName: "__repository__", jobName: "a_job"}'
LAUNCH = (
    f"mutation {{ launchRun(executionParams: {{selector: {SELECTOR}, runConfigData: {{}}}}) "
    "{ __typename ... on LaunchRunSuccess { run { runId } } } }"
)


def test_nothing_is_launched_by_a_link_a_form_or_another_host(open_site: Site) -> None:
    before = len(open_site.runs())
    by_link = f"{open_site.url}/graphql?query={quote(LAUNCH)}"
    assert httpx.get(by_link).status_code == 405
    assert httpx.get(by_link.replace("/graphql?", "/graphql%0A?")).status_code == 400
    assert httpx.get(by_link.replace("/graphql?", "/graph%71l?")).status_code == 405
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"):
        sent = httpx.post(by_link, content=json.dumps({"query": LAUNCH}), headers={"Content-Type": kind})
        assert sent.status_code == 415, kind
    for said, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
    ):
        assert open_site.asked(LAUNCH, headers=said).status_code == status, said
    report = f"{open_site.url}/report_asset_materialization/pebble"
    assert httpx.post(report, headers={"Origin": "http://evil.example"}).status_code == 403
    assert len(open_site.runs()) == before
    assert httpx.get(f"{open_site.url}/graphql", params={"query": RUNS}).json()["data"]
    assert open_site.asked(RUNS, headers={"Host": "tributary.example.com"}).is_success


def test_a_body_above_the_limit_is_refused(open_site: Site) -> None:
    assert open_site.asked(RUNS + " " * 9_000_000).status_code == 413


@pytest.mark.browser
def test_the_ui_launches_a_run_and_follows_it(open_site: Site, browser: sync_api.Browser) -> None:
    before = len(open_site.runs())
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    refused: list[str] = []
    frames: list[str | bytes] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status in (400, 403, 405, 415, 421) else 0)
    page.on("websocket", lambda opened: opened.on("framereceived", lambda told: frames.append(told)))
    page.goto(f"{open_site.url}/assets/pebble")
    page.get_by_role("button", name="Materialize").first.click()
    deadline = time.monotonic() + 60
    while len(states := open_site.runs()) != before + 1 or states[0] != "SUCCESS":
        assert time.monotonic() < deadline, states
        page.wait_for_timeout(200)
    run = open_site.asked(RUNS).json()["data"]["runsOrError"]["results"][0]["runId"]
    page.goto(f"{open_site.url}/runs/{run}")
    page.get_by_text("pebble").first.wait_for()
    page.wait_for_timeout(1500)
    page.close()
    assert refused == []
    assert any("data" in str(frame) for frame in frames), "no subscription said anything"


ATTACKS = """<!doctype html><title>hostile</title><body>
<img src="%(link)s"><iframe name="sink"></iframe><iframe id="ui" src="%(url)s/assets/pebble"></iframe>
<form id="plain" method="post" target="sink" action="%(link)s" enctype="text/plain">
<input name='{"query": "%(escaped)s", "a": "' value='"}'></form>
<script>
const body = JSON.stringify({query: %(launch)s});
window.outcome = {};
const settle = (name, promise) => promise.then(() => "sent", () => "failed").then(how => window.outcome[name] = how);
settle("plain", fetch("%(url)s/graphql", {method: "POST", mode: "no-cors", body}));
settle("query", fetch("%(link)s", {method: "POST", mode: "no-cors"}));
settle("get", fetch("%(link)s", {mode: "no-cors"}));
settle("json", fetch("%(url)s/graphql", {method: "POST", headers: {"Content-Type": "application/json"}, body}));
settle("beacon", Promise.resolve(navigator.sendBeacon("%(link)s", body)));
const opened = new WebSocket("%(ws)s/graphql", "graphql-ws");
opened.onopen = () => window.outcome.socket = "open";
opened.onerror = () => window.outcome.socket = "refused";
document.getElementById("plain").submit();
</script>"""


@pytest.fixture
def hostile(open_site: Site) -> Iterator[str]:
    """The address of a page from elsewhere that tries everything a page can try."""
    values = {
        "url": open_site.url,
        "ws": open_site.url.replace("http", "ws"),
        "link": f"{open_site.url}/graphql?query={quote(LAUNCH)}",
        "launch": json.dumps(LAUNCH),
        "escaped": LAUNCH.replace('"', "&quot;"),
    }
    text = (ATTACKS % values).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    begin(server)
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()


@pytest.mark.browser
def test_a_page_from_elsewhere_launches_nothing(open_site: Site, browser: sync_api.Browser, hostile: str) -> None:
    before = len(open_site.runs())
    for address in (hostile, hostile.replace("localhost", "127.0.0.1")):
        page = browser.new_page()
        page.goto(address)
        page.wait_for_function("Object.keys(window.outcome).length >= 6", timeout=20_000)
        page.wait_for_timeout(1000)
        assert page.evaluate("window.outcome.socket") == "refused"
        assert page.evaluate("window.outcome.json") == "failed"
        framed = [frame.url for frame in page.frames]
        assert any(url.startswith("chrome-error:") for url in framed), framed
        assert not any("/assets/" in url for url in framed), framed
        page.close()
    assert len(open_site.runs()) == before
    # The same launch is fine from where it may come, so that the above means something.
    launched = open_site.asked(LAUNCH, headers={"Origin": open_site.origin}).json()["data"]["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess"


def test_settings_reach_the_server(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path, host="192.0.2.1", login="users", collector_write_key="k")
    _, web, _ = dagster_processes(settings, {URL_VARIABLE: "postgresql:///"})
    assert "192.0.2.1" not in web.arguments
    assert web.arguments[-2:] == ("--key", str(tmp_path / "principal-key"))
    _, web, _ = dagster_processes(settings.model_copy(update={"direct_ports": True}), {URL_VARIABLE: "postgresql:///"})
    assert web.arguments[-1] == "--direct"
