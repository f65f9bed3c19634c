"""The quarantine in pages: hostile bytes do nothing, personal ones are hidden, and many are no slower than few."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.serving import WRITE_KEY, stream_of
from tests.gateway.serving import served
from tributary.identity.keys import add_key
from tributary.identity.tables import open_tables
from tributary.resources.gateway.patience import Limits
from tributary.resources.postgres.databases import connect
from tributary.resources.principal import Role
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Rejected
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.web.app import create_app, policy_of
from tributary.web.quarantine.reading import kinds
from tributary.web.quarantine.showing import shown, visible

SCRIPT = b"<script>window.hit = 1</script>"
TURNED = "safe\u202etxt.exe\u200b\x1b[31m".encode()
BINARY = bytes(range(256)) * 3
MANY = 100_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    """The web process before a warehouse with records of a table without personal data, and of one whose source has."""
    home = tmp_path_factory.mktemp("quarantine")
    settings = Settings(_env_file=None, home=home, collector_write_key=WRITE_KEY, login="users", dagster_port=9)
    with connect(settings) as databases:
        _fill(settings)
        engine = open_tables(databases.url("app"))
        keys = {
            name: {"Authorization": f"Bearer {add_key(engine, name, role, scopes, None)}"}
            for name, role, scopes in (
                ("viewer", Role.VIEWER, []),
                ("seer", Role.VIEWER, ["pii"]),
                ("operator", Role.OPERATOR, ["pii"]),
            )
        }
        stream = stream_of(home)
        with served(create_app(settings, databases, stream), policy_of(settings), limits=Limits()) as found:
            yield found.url, keys
        stream.close()


def _fill(settings: Settings) -> None:
    warehouse = open_warehouse(settings)
    odd = [
        Rejected(number, 10 * number, raw, "it is odd") for number, raw in enumerate((SCRIPT, TURNED, BINARY), start=1)
    ]
    warehouse.reject("staged.retail_coupons", {"<b>coupon.csv": odd})
    many = [Rejected(number, number, b"line %d" % number, "too many") for number in range(1, MANY + 1)]
    warehouse.reject("staged.retail_products", {"product.csv": many})
    warehouse.reject("raw.social_events", {"o/1": [Rejected(1, 0, b'{"email": "ann@example.com"}', "no user_id")]})


def get(site: tuple[str, dict[str, dict[str, str]]], who: str, path: str, **query: object) -> httpx.Response:
    url, keys = site
    return httpx.get(f"{url}/quarantine{path}?{urlencode(query)}", headers=keys[who], timeout=30)


def test_kinds_are_counted_and_records_filtered(site: tuple[str, dict[str, dict[str, str]]]) -> None:
    page = unescape(get(site, "viewer", "/").text)
    assert all(text in page for text in ("it is odd", "too many", "no user_id", f"{MANY:,}"))
    found = get(site, "viewer", "/", table="staged.retail_coupons", reason="it is odd").text
    assert found.count('<li class="card">') == 3
    assert get(site, "viewer", "/", source="nowhere").text.count('<li class="card">') == 0
    assert get(site, "viewer", "/", after="no place").status_code == 400


def test_bytes_are_shown_and_do_nothing(site: tuple[str, dict[str, dict[str, str]]]) -> None:
    where = {"table": "staged.retail_coupons", "source": "<b>coupon.csv"}
    script = get(site, "viewer", "/record", **where, number=1).text
    assert "&lt;script&gt;" in script
    assert "<script>window" not in script
    assert "<b>coupon" not in script
    assert "safe⟨202E⟩txt.exe⟨200B⟩⟨001B⟩[31m" in unescape(get(site, "viewer", "/record", **where, number=2).text)
    binary = unescape(get(site, "viewer", "/record", **where, number=3).text)
    assert "00000010  10 11 12 13" in binary
    assert "which are no text" in binary
    exact = get(site, "viewer", "/record/bytes", **where, number=3)
    assert exact.content == BINARY
    assert exact.headers["Content-Disposition"].startswith("attachment")
    assert exact.headers["Cache-Control"] == "no-store"
    for number in ("9", "-1", "x", "9" * 30):
        assert get(site, "viewer", "/record", **where, number=number).status_code == 404


def test_what_may_be_personal_takes_the_scope(site: tuple[str, dict[str, dict[str, str]]]) -> None:
    where = {"table": "raw.social_events", "source": "o/1", "number": 1}
    for path, query in (("/", {"table": "raw.social_events"}), ("/record", where)):
        assert "ann@example.com" not in get(site, "viewer", path, **query).text
        assert "ann@example.com" in unescape(get(site, "seer", path, **query).text)
    assert get(site, "viewer", "/record/bytes", **where).status_code == 403


def test_a_hundred_thousand_are_walked_quickly_and_none_twice(site: tuple[str, dict[str, dict[str, str]]]) -> None:
    seen: list[str] = []
    query: dict[str, object] = {"table": "staged.retail_products"}
    for _ in range(4):
        began = time.monotonic()
        page = get(site, "viewer", "/", **query).text
        assert time.monotonic() - began < 5
        seen += re.findall(r"product\.csv, record ([\d,]+)</a>", page)
        more = re.search(r'href="/quarantine/\?([^"]*after=[^"]+)"', page)
        assert more is not None
        query = dict(httpx.QueryParams(unescape(more[1])))
    assert seen == [f"{number:,}" for number in range(1, 201)]


def test_who_may_replay_sees_the_button_and_who_may_not_cannot(site: tuple[str, dict[str, dict[str, str]]]) -> None:
    url, keys = site
    assert "/quarantine/replays" not in get(site, "seer", "/").text
    form = {"table": "staged.retail_coupons"}
    assert httpx.post(f"{url}/quarantine/replays", data=form, headers=keys["seer"]).status_code == 403
    # Without the word of a page of this session nothing is asked for, whoever sends it.
    assert httpx.post(f"{url}/quarantine/replays", data=form, headers=keys["operator"]).status_code == 400
    foreign = {**keys["operator"], "Origin": "https://evil.example"}
    assert httpx.post(f"{url}/quarantine/replays", data=form, headers=foreign).status_code == 403
    # Dagster is away here, which the page says in place of the buttons.
    page = get(site, "operator", "/").text
    assert "does not answer" in page
    assert "Replay staged" not in page


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 300))
def test_whatever_comes_is_shown_without_anything_that_a_screen_obeys(raw: bytes, most: int) -> None:
    found = shown(raw, most)
    assert all(char in "\n\t" or char.isprintable() for char in found.text)
    assert 0 <= found.left_out <= len(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        assert not found.is_text
    else:
        assert found.is_text
        assert len(raw) > most or found.text == visible(text)


def test_a_new_warehouse_has_nothing_in_quarantine(warehouse: PostgresWarehouse) -> None:
    assert kinds(warehouse) == []
