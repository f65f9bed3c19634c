"""The web process behind the gateway: forms for their own pages, the collector for everybody's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.collector.serving import WRITE_KEY, stream_of
from tests.gateway.serving import Served, served
from tests.sneakers.app.conftest import Collector

from tributary.launcher.state import write_state
from tributary.resources.postgres.databases import Databases
from tributary.resources.settings import Settings
from tributary.web.app import create_app, policy_of


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web")


@pytest.fixture(scope="module")
def web(databases: Databases, home: Path) -> Iterator[Served]:
    """The whole web process, on the test process's own database `app`."""
    settings = Settings(_env_file=None, home=home, collector_write_key=WRITE_KEY, allowed_hosts="tributary.example.com")
    stream = stream_of(home)
    with served(create_app(settings, databases, stream), policy_of(settings)) as found:
        yield found
    stream.close()


BATCH = {"batch": [{"type": "track", "userId": "u", "event": "Posted", "messageId": "m-1"}], "writeKey": WRITE_KEY}


def test_any_page_may_send_events_but_to_a_known_host(web: Served) -> None:
    for said in ({"Origin": "https://blog.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = httpx.post(f"{web.url}/v1/batch", json=BATCH, headers=said)
        assert answer.status_code == 200
    preflight = httpx.options(f"{web.url}/v1/batch", headers={"Origin": "https://blog.example"})
    assert preflight.is_success
    assert httpx.post(f"{web.url}/v1/batch", json=BATCH, headers={"Host": "evil.example"}).status_code == 421


def test_forms_are_sent_by_their_own_pages_only(web: Served) -> None:
    with httpx.Client(base_url=web.url, follow_redirects=False) as client:
        collector = Collector(client)
        collector.open("/sneakers/brands/add")
        for said in ({"Origin": "https://blog.example"}, {"Origin": "null"}, {"Referer": "http://127.0.0.1:1/"}):
            data = {**collector.hidden, "name": "Foreign"}
            assert client.post("/sneakers/brands/add", data=data, headers=said).status_code == 403
        own = {"Origin": web.url, "Sec-Fetch-Site": "same-origin", "Referer": f"{web.url}/sneakers/brands/add"}
        sent = client.post("/sneakers/brands/add", data={**collector.hidden, "name": "Own"}, headers=own)
        assert sent.status_code == 303
        assert "Foreign" not in client.get("/sneakers/brands").text
        assert client.get("/sneakers/", headers={"Host": "evil.example:8000"}).status_code == 421
        assert client.get("/sneakers/", headers={"Host": "tributary.example.com"}).status_code == 200


def test_forms_that_never_end_do_not_stop_the_others(web: Served) -> None:
    head = f"POST /sneakers/brands/add HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nContent-Length: 900\r\n\r\nname="
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(web.connection()).sendall(head.encode())
        assert httpx.get(f"{web.url}/sneakers/", timeout=3).status_code == 200
        assert httpx.get(f"{web.url}/v1/health", timeout=3).status_code == 200


def test_a_form_that_is_too_large_is_refused(web: Served) -> None:
    assert httpx.post(f"{web.url}/sneakers/use", content=b"x" * 70_000).status_code == 413


def test_the_start_page_leads_to_every_application_and_names_what_is_down(web: Served, home: Path) -> None:
    well = httpx.get(f"{web.url}/", timeout=60)
    assert well.status_code == 200
    assert all(f'href="{path}"' in well.text for path in ("/dagster/", "/sneakers/"))
    write_state(home, {"daemon": True, "web": False})
    down = httpx.get(f"{web.url}/", timeout=60)
    write_state(home, {})
    assert (down.status_code, "<strong>daemon</strong>" in down.text) == (503, True)
    assert "being started again" in down.text
    assert down.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert down.headers["Cache-Control"] == "no-store"


def test_pages_say_that_dagster_does_not_answer_and_show_all_else(web: Served) -> None:
    for path, else_told in (("/", "Places"), ("/platform/", "Processes"), ("/quarantine/", "Nothing is in quarantine")):
        page = httpx.get(f"{web.url}{path}", timeout=60)
        assert page.status_code == 200
        assert else_told in page.text
        if path != "/quarantine/":
            assert "server does not answer" in page.text
    assert "There is no such page." in httpx.get(f"{web.url}/nowhere", timeout=60).text


def test_the_look_is_served_to_everybody_and_may_be_kept_while_its_address_stays(web: Served) -> None:
    address = re.search(r'href="(/look/style.css[?]v=[0-9a-f]{12})"', httpx.get(f"{web.url}/login").text)
    assert address is not None
    style = httpx.get(f"{web.url}{address[1]}")
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in style.headers["Cache-Control"]
    assert httpx.get(f"{web.url}/look/../web/app.py").status_code in (400, 404)
