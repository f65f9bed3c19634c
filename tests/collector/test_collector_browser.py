"""Real pages in a real browser, of another origin than the collector's: a beacon, and Segment's own analytics.js.

The library comes from npm when the test runs, as its users get it; without npm or network that test skips.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.answering import begin
from tests.collector.conftest import Served
from tests.collector.serving import WRITE_KEY
from tests.conftest import CHROMIUM

if TYPE_CHECKING:
    from playwright import sync_api

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
NPM = shutil.which("npm")
LIBRARY = "@segment/analytics-next@1.84.3"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
]

BEACON = """
<script>
  const body = JSON.stringify({writeKey: "%s", batch: [{type: "track", userId: "u", event: "Left"}]})
  navigator.sendBeacon("%s/v1/b", new Blob([body], {type: "application/json"}))
  document.title = "done"
</script>
"""
ANALYTICS = """
<script src="library/index.js"></script>
<script>
  const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: "%s", cdnURL: "%s" })
  analytics.identify("u1", { username: "ada" })
  analytics.page("Docs", "Start")
  analytics.track("Post Created", { post_id: "p1", body: "\U0001f600".slice(0, 1) })
  analytics.track("Follow User", { user_id: "u2" }).then(() => { document.title = "done" })
</script>
"""


class Site(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL under which its pages are served."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(folder)))
    thread = begin(server)
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page() -> Iterator[sync_api.Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def visit(page: sync_api.Page, site: tuple[Path, str], content: str) -> list[str]:
    """The URLs that a page with this content asks for until it says that it is done."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    folder, url = site
    (folder / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{content}")
    page.goto(f"{url}/page.html")
    page.wait_for_function("document.title == 'done'")
    page.wait_for_load_state("networkidle")
    return asked


def test_a_json_beacon_arrives(served: Served, site: tuple[Path, str], page: sync_api.Page) -> None:
    visit(page, site, BEACON % (WRITE_KEY, served.url))
    assert [event["event"] for event in served.taken()] == ["Left"]


def test_analytics_js_begins_with_our_settings_and_asks_no_other_host(
    served: Served, site: tuple[Path, str], page: sync_api.Page, tmp_path: Path
) -> None:
    if NPM is None:
        pytest.skip("no npm to get analytics.js with")
    command = [NPM, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(tmp_path), LIBRARY]
    got = subprocess.run(command, capture_output=True, check=False, timeout=120)
    if got.returncode:
        pytest.skip("npm could not get analytics.js")
    library = tmp_path / "node_modules" / "@segment" / "analytics-next" / "dist" / "umd"
    shutil.copytree(library, site[0] / "library")

    asked = visit(page, site, ANALYTICS % (WRITE_KEY, served.url))
    assert f"{served.url}/v1/projects/{WRITE_KEY}/settings" in asked
    assert [one for one in asked if not one.startswith((served.url, site[1]))] == []
    found = {event.get("event") or event["type"]: event for event in served.taken()}
    assert set(found) == {"identify", "page", "Post Created", "Follow User"}
    assert found["identify"]["traits"] == {"username": "ada"}
    assert found["Post Created"]["properties"] == {"post_id": "p1", "body": "\ufffd"}
    assert {event["channel"] for event in found.values()} == {"client"}
    assert {event["userId"] for event in found.values()} == {"u1"}
