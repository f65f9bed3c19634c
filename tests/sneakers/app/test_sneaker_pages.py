"""The pages over HTTP: what they record, how they refuse, and what they never let through."""

from __future__ import annotations

import csv
import re
from html import escape
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from tests.sneakers.app.conftest import Collector, error_beside

from tributary.assets.sneakers.app.views.csv_files import safe_cell

Pg = psycopg.Connection[Any]
PAGES = ("/", "/sneakers", "/sneakers/add", "/brands", "/brands/add", "/use", "/sell", "/remove", "/charts")
PAIR = {"name": "Dunk Low", "color": "red", "material": "suede", "purchase_price": "120", "purchased_on": "2025-05-01"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE sneakers.sneakers; --",
    "{{ 7 * 7 }}",
    "%(x)s {0} \\",
)


def events(pg: Pg) -> list[str]:
    """The kinds of events recorded so far, in their order."""
    return [row[0] for row in pg.execute("SELECT type FROM sneakers.sneaker_events ORDER BY event_id")]


def owner(collector: Collector) -> str:
    """Record a brand and a pair; the path of the pair's page."""
    assert collector.fill("/brands/add", name="Nike").status_code == 303
    answer = collector.fill("/sneakers/add", manufacturer_id=1, **PAIR)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_life_is_recorded_page_by_page(collector: Collector, pg: Pg) -> None:
    page = owner(collector)
    assert collector.fill("/use", sneaker_id=1, type="walked", event_date="2025-05-02").headers["Location"] == page
    assert "Dunk Low, red" in collector.open("/sell")
    collector.send("/sell", sneaker_id=1, sale_price="80", event_date="2025-05-03")
    assert "The sale was recorded." in collector.open(page)
    for path in ("/sell", "/use", "/remove"):
        assert "Dunk Low" not in collector.open(path)
    collector.fill("/entries/4/undo")
    assert "Dunk Low" in collector.open("/sell")
    collector.fill("/entries/3/edit", event_date="2025-05-04")
    collector.fill("/remove", sneaker_id=1, type="given", recipient="Maya", event_date="2025-05-05")
    assert events(pg) == ["brand_added", "bought", "walked", "sold", "undone", "edited", "given"]
    history = collector.open(page)
    assert "to Maya" in history
    assert history.count('<strong class="mark">undone</strong>') == 1
    assert history.count('<strong class="mark">corrected</strong>') == 1


@pytest.mark.parametrize(
    ("path", "values", "field", "message"),
    [
        ("/use", {"event_date": "2025-06-16"}, "event_date", "in the future"),
        ("/use", {"event_date": "2025-04-30"}, "event_date", "before it was bought (1 May 2025)"),
        ("/use", {"event_date": "2025-06-01"}, "event_date", "after it was sold (20 May 2025)"),
        ("/use", {"event_date": "yesterday"}, "event_date", "not a day"),
        ("/use", {"event_date": "2025-05-02", "type": "eaten"}, "type", "Choose whether"),
        ("/use", {"event_date": "2025-05-02", "sneaker_id": "9"}, "sneaker_id", "no such pair"),
        ("/use", {"event_date": "2025-05-02", "sneaker_id": "1 OR 1=1"}, "sneaker_id", "missing"),
        ("/sell", {"event_date": "2025-05-21", "sale_price": "1"}, "sneaker_id", "already sold on 20 May 2025"),
        ("/sell", {"event_date": "2025-05-21", "sale_price": "free"}, "sale_price", "must be a number"),
        ("/remove", {"event_date": "2025-05-21", "type": "trashed"}, "sneaker_id", "already sold"),
        ("/sneakers/add", {**PAIR, "manufacturer_id": "7"}, "manufacturer_id", "no such brand"),
        ("/sneakers/add", {**PAIR, "name": " "}, "name", "missing"),
        ("/brands/add", {"name": "NIKE"}, "name", "already"),
        ("/brands/1/edit", {"name": "x" * 81}, "name", "81 characters"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_written(
    collector: Collector, pg: Pg, path: str, values: dict[str, str], field: str, message: str
) -> None:
    owner(collector)
    collector.fill("/sell", sneaker_id=1, sale_price="80", event_date="2025-05-20")
    # A second pair, so that the forms offer something.
    collector.fill("/sneakers/add", manufacturer_id=1, **PAIR)
    before = events(pg)
    answer = collector.fill(path, **{"sneaker_id": "1", "type": "worn", "manufacturer_id": "1", **values})
    assert answer.status_code == 422
    assert message in error_beside(answer.text, field)
    assert re.search(rf'aria-describedby="{field}-error[ "]', answer.text)
    assert events(pg) == before


def test_every_fault_of_a_form_is_told_at_once(collector: Collector) -> None:
    owner(collector)
    answer = collector.fill("/sneakers/add", manufacturer_id="", name="", color="", purchased_on="2999-01-01")
    for field in ("manufacturer_id", "name", "color", "material", "purchase_price", "purchased_on"):
        assert error_beside(answer.text, field), field


def test_a_form_sent_twice_is_recorded_once_and_leads_to_the_same_page(collector: Collector, pg: Pg) -> None:
    owner(collector)
    collector.open("/sneakers/add")
    first, second = (collector.send("/sneakers/add", manufacturer_id=1, **PAIR) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] == "/sneakers/2"
    assert "recorded once" in collector.open("/sneakers/2")
    assert events(pg).count("bought") == 2


def test_an_old_form_with_new_values_is_not_swallowed(collector: Collector, pg: Pg) -> None:
    owner(collector)
    collector.open("/use")
    collector.send("/use", sneaker_id=1, type="worn", event_date="2025-05-02")
    old = collector.hidden["token"]
    answer = collector.send("/use", sneaker_id=1, type="worn", event_date="2025-05-03")
    assert answer.status_code == 422
    assert "was sent before" in answer.text
    assert events(pg).count("worn") == 1
    assert old not in answer.text


def test_choices_are_read_at_each_load(collector: Collector, pg: Pg) -> None:
    owner(collector)
    before = collector.open("/use")
    pg.execute("INSERT INTO sneakers.manufacturers (name) VALUES ('Puma')")
    pg.execute("UPDATE sneakers.sneakers SET name = 'Dunk High'")
    assert "Dunk High" not in before
    assert "Dunk High" in collector.open("/use")
    assert "Puma" in collector.open("/sneakers/add")
    assert collector.client.get("/use").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_is_typed_comes_out_as_plain_text(collector: Collector, pg: Pg, hostile: str) -> None:
    collector.fill("/brands/add", name=hostile, collaborator=hostile)
    values = {**PAIR, "name": hostile, "color": hostile, "material": hostile}
    page = collector.fill("/sneakers/add", manufacturer_id=1, **values).headers["Location"]
    collector.fill("/use", sneaker_id=1, type="worn", event_date="2025-05-02")
    for path in ("/", "/sneakers", page, "/charts", "/brands", "/entries/2/edit", "/entries/2/undo", "/brands/1/edit"):
        text = collector.open(path)
        assert hostile not in text or "<" not in hostile + '"', path
        assert escape(hostile, quote=False) in text.replace("&#34;", '"').replace("&#39;", "'"), path
    collector.fill("/remove", sneaker_id=1, type="given", recipient=hostile, event_date="2025-05-05")
    assert "<script>" not in collector.open(page)
    wrong = collector.fill("/use", sneaker_id=hostile, type=hostile, event_date=hostile, token=hostile)
    assert "<script>" not in wrong.text
    assert "<img src=x" not in wrong.text
    assert pg.execute("SELECT name, color, material FROM sneakers.sneakers").fetchall() == [(hostile,) * 3]


def test_forms_from_elsewhere_are_refused(collector: Collector, pg: Pg) -> None:
    collector.open("/brands/add")
    for stolen in ({}, {"csrf_token": "x"}, {"csrf_token": collector.hidden["csrf_token"]}):
        answer = httpx.post(
            collector.client.base_url.join("/brands/add"),
            data={"name": "Nike", "token": collector.hidden["token"], **stolen},
        )
        assert answer.status_code == 400
        assert "nothing was recorded" in answer.text
    assert events(pg) == []


def test_every_answer_is_protected(collector: Collector) -> None:
    for path in (*PAGES, "/static/style.css", "/pairs_per_brand", "/nothing-here"):
        headers = collector.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    cookie = collector.client.get("/use", headers={"Cookie": ""}).headers
    assert "Set-Cookie" not in cookie or "HttpOnly" in cookie["Set-Cookie"]
    fresh = httpx.get(collector.client.base_url.join("/brands/add")).headers["Set-Cookie"]
    assert "HttpOnly" in fresh
    assert "SameSite=Lax" in fresh


def test_pages_hold_nothing_from_elsewhere_and_nothing_inline(collector: Collector) -> None:
    owner(collector)
    for path in (*PAGES, "/sneakers/1"):
        text = collector.open(path)
        assert "<script" not in text
        assert " style=" not in text
        assert not re.search(r" on\w+=", text)
        for address in re.findall(r'(?:src|href|action)="([^"]+)"', text):
            assert not urlsplit(address).netloc, address


def test_what_is_not_there_is_a_page_too(collector: Collector) -> None:
    for path in ("/nothing-here", "/sneakers/99", "/entries/99/edit", "/entries/99/undo", "/brands/99/edit"):
        answer = collector.client.get(path)
        assert answer.status_code == 404
        assert "Back to Home" in answer.text
    assert collector.client.get(f"/sneakers/{10**30}").status_code == 404
    assert collector.client.post("/sneakers", data={"a": "b" * 70_000}).status_code in (400, 405, 413)


def test_csv_files_hold_what_the_collection_is(collector: Collector) -> None:
    assert collector.client.get("/pairs_owned_over_time").text == "date,num_owned\r\n"
    owner(collector)
    collector.fill("/brands/add", name="=HYPERLINK(0)", collaborator="@x")
    collector.fill("/sell", sneaker_id=1, sale_price="80", event_date="2025-05-20")
    collector.fill("/sneakers/add", manufacturer_id=2, **PAIR)
    over_time = collector.client.get("/pairs_owned_over_time")
    assert over_time.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(over_time.text.splitlines()))
    assert len(rows) == 1 + 46
    assert (rows[1], rows[19], rows[20], rows[-1]) == (
        ["2025-05-01", "2"],
        ["2025-05-19", "2"],
        ["2025-05-20", "1"],
        ["2025-06-15", "1"],
    )
    assert list(csv.reader(collector.client.get("/pairs_per_brand").text.splitlines())) == [
        ["brand", "num_owned"],
        ["'=HYPERLINK(0)", "1"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_a_formula(start: str) -> None:
    assert safe_cell(f"{start}1") == f"'{start}1"
    assert safe_cell(-1) == "-1"
    assert safe_cell(None) == ""
