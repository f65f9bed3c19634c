"""Dagster's own server behind the gateway: its UI works in a real browser, and a page from elsewhere drives nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from tributary.instance.configuration import URL_VARIABLE
from tributary.launcher.services import dagster_processes
from tributary.resources.settings import Settings

if TYPE_CHECKING:
    from playwright import sync_api

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.xdist_group("gateway_dagster")

DEFINITIONS = """
import dagster as dg

@dg.asset
def pebble() -> int:
    return 1

defs = dg.Definitions(assets=[pebble], jobs=[dg.define_asset_job("a_job")], executor=dg.in_process_executor)
"""
SELECTOR = '{repositoryLocationName: "tiny_definitions", repositoryName: "__repository__", jobName: "a_job"}'
LAUNCH = (
    f"mutation {{ launchRun(executionParams: {{selector: {SELECTOR}, runConfigData: {{}}}}) "
    "{ __typename ... on LaunchRunSuccess { run { runId } } } }"
)
RUNS = "query { runsOrError { ... on Runs { results { runId status } } } }"


@dataclass(frozen=True)
class Dagster:
    """A running web server of Dagster's."""

    url: str

    def asked(self, query: str, **options: Any) -> httpx.Response:
        return httpx.post(f"{self.url}/graphql", json={"query": query}, timeout=30, **options)

    def runs(self) -> list[str]:
        """The states of all runs."""
        found = self.asked(RUNS).json()["data"]["runsOrError"]["results"]
        return [run["status"] for run in found]


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    """Dagster's server on a small instance of its own, started as the launcher does."""
    home = tmp_path_factory.mktemp("dagster")
    (home / "tiny_definitions.py").write_text(DEFINITIONS)
    coordinator = {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"}
    (home / "dagster.yaml").write_text(
        yaml.safe_dump({"telemetry": {"enabled": False}, "nux": {"enabled": False}, "run_coordinator": coordinator})
    )
    (home / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"python_module": "tiny_definitions"}]}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "DAGSTER_HOME": str(home), "PYTHONPATH": str(home)}
    command = [sys.executable, "-m", "tributary.dagster_ui", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workspace", str(home / "workspace.yaml"), "--allowed-hosts", "tributary.example.com"],
            env=environment,
            stdout=log,
            stderr=log,
            cwd=home,
        )
    found = Dagster(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 120
    while not _answers(found):
        assert process.poll() is None, (home / "log").read_text()
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(30)
    assert "Traceback" not in (home / "log").read_text()


def _answers(found: Dagster) -> bool:
    try:
        return httpx.get(f"{found.url}/server_info").is_success
    except httpx.TransportError:
        return False


def test_nothing_is_launched_by_a_link_a_form_or_another_host(dagster: Dagster) -> None:
    before = dagster.runs()
    by_link = f"{dagster.url}/graphql?query={quote(LAUNCH)}"
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
        assert dagster.asked(LAUNCH, headers=said).status_code == status, said
    report = f"{dagster.url}/report_asset_materialization/pebble"
    assert httpx.post(report, headers={"Origin": "http://evil.example"}).status_code == 403
    assert dagster.runs() == before
    assert httpx.get(f"{dagster.url}/graphql", params={"query": RUNS}).json()["data"]
    assert dagster.asked(RUNS, headers={"Host": "tributary.example.com"}).is_success


def test_a_body_above_the_limit_is_refused(dagster: Dagster) -> None:
    assert dagster.asked(RUNS + " " * 9_000_000).status_code == 413


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """A browser without windows."""
    if CHROMIUM is None:
        pytest.skip("no chromium is installed")
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.browser
def test_the_ui_launches_a_run_and_follows_it(dagster: Dagster, browser: sync_api.Browser) -> None:
    before = len(dagster.runs())
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    refused: list[str] = []
    frames: list[str | bytes] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status in (400, 403, 405, 415, 421) else 0)
    page.on("websocket", lambda opened: opened.on("framereceived", lambda told: frames.append(told)))
    page.goto(f"{dagster.url}/assets/pebble")
    page.get_by_role("button", name="Materialize").first.click()
    deadline = time.monotonic() + 60
    while (states := dagster.runs())[: len(states) - before] != ["SUCCESS"]:
        assert time.monotonic() < deadline, states
        page.wait_for_timeout(200)
    run = dagster.asked(RUNS).json()["data"]["runsOrError"]["results"][0]["runId"]
    page.goto(f"{dagster.url}/runs/{run}")
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
def hostile(dagster: Dagster) -> Iterator[str]:
    """The address of a page from elsewhere that tries everything a page can try."""
    values = {
        "url": dagster.url,
        "ws": dagster.url.replace("http", "ws"),
        "link": f"{dagster.url}/graphql?query={quote(LAUNCH)}",
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
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()


@pytest.mark.browser
def test_a_page_from_elsewhere_launches_nothing(dagster: Dagster, browser: sync_api.Browser, hostile: str) -> None:
    before = dagster.runs()
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
    assert dagster.runs() == before
    # The same launch is fine from where it may come, so that the above means something.
    launched = dagster.asked(LAUNCH, headers={"Origin": dagster.url}).json()["data"]["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess"


def test_settings_reach_the_server(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path, allowed_hosts="a.example, b.example:8443")
    _, web, _ = dagster_processes(settings, {URL_VARIABLE: "postgresql:///"})
    assert web.arguments[-2:] == ("--allowed-hosts", "a.example,b.example:8443")
