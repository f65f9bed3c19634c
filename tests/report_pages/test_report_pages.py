"""The pages of reports over HTTP, without scripts: what each end of a request looks like, and who may do what."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.gateway.serving import served
from tests.report_pages.conftest import BILLS, HEADER, SELECT, Person, Shop, behind, beside, line

from tributary.identity.rules import Request
from tributary.reports.service import Reports
from tributary.resources.gateway.patience import Limits
from tributary.resources.principal import Role
from tributary.resources.warehouse.errors import WarehouseError
from tributary.web.reports import request_pages
from tributary.web.reports.app import create_pages
from tributary.web.reports.rules import ReportRules

ASK, FORM = "/reports/gem_check/requests", "/reports/gem_check/form"


def state_of(page: str) -> str:
    """What a request's page tells of its state."""
    found = re.search(r'<div id="state".*?</div>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()


def test_a_report_is_asked_followed_and_read(person: Person, shop: Shop) -> None:
    assert '<a href="/reports/gem_check">Gem check</a>' in person.open("/reports/").text
    counted = person.send(FORM, [("match", "all"), ("do", "count"), *line(0)])
    assert counted.status_code == 200
    assert re.search(r'role="status">(\d+) rows match at this moment\.', counted.text)
    asked = person.send(ASK, [("match", "all"), *line(0)])
    assert asked.status_code == 303
    address = asked.headers["location"]
    waiting = person.open(address)
    assert state_of(waiting.text).startswith("queued It waits until Dagster takes it")
    assert '<noscript><meta http-equiv="refresh"' in waiting.text
    shop.run(address.rpartition("/")[2])
    done = person.open(address)
    rows = len(range(7, BILLS + 1, 7))
    assert state_of(done.text) == f"finished It is done: {rows} rows."
    assert "http-equiv" not in done.text
    assert f"Rows 1 to {rows} of {rows}" in done.text
    assert "Weight by gem" in done.text
    made = person.open(f"{address}/download.csv")
    assert len(list(csv.reader(io.StringIO(made.text)))) == rows + 1
    assert made.headers["content-disposition"].startswith('attachment; filename="gem_check-')
    assert person.open(f"{address}/download.parquet").content[:4] == b"PAR1"
    assert person.open(f"{address}/download.xlsx").content[:2] == b"PK"
    assert person.open(f"{address}/download.exe").status_code == 409
    listed = person.open("/reports/requests?report=gem_check").text
    assert f'href="{address}"' in listed


def test_a_form_that_is_sent_again_asks_once(person: Person, shop: Shop) -> None:
    page = person.open("/reports/gem_check").text
    fields = [*person.hidden(page).items(), ("match", "any"), *line(0, "b3")]
    before = len(shop.reports.requests(limit=1000))
    first, second = (person.post(ASK, fields).headers["location"] for _ in range(2))
    assert first == second
    other = person.post(ASK, [*person.hidden(page).items(), ("match", "any"), *line(0, "b4")]).headers["location"]
    assert other != first
    assert len(shop.reports.requests(limit=1000)) == before + 2


def test_lines_are_added_and_removed_without_a_script(person: Person) -> None:
    fields = [("match", "any"), *line(0, "b2", "x"), *line(1, "b3"), *line(7, "b4")]
    more = person.send(FORM, [*fields, ("do", "add:lines")])
    assert more.status_code == 200
    assert more.text.count("<legend>Line ") == 4
    assert 'value="x"' in more.text
    assert re.search(r'id="lines-3-code"[^>]* autofocus', more.text)
    less = person.send(FORM, [*fields, ("do", "remove:lines:1")]).text
    assert re.findall(r'<option value="(b\d)" selected>', less) == ["b2", "b4"]
    assert person.send(FORM, [("do", "remove:nothing:x"), *fields]).status_code == 200


def test_what_is_wrong_stands_beside_its_field_with_all_that_was_typed(person: Person) -> None:
    pairs = [("match", "all"), ("since", "yesterday"), ("note", "a\x00b"), *line(0), *line(1, "b9", "5", "2")]
    page = person.send(ASK, pairs)
    assert page.status_code == 422
    assert beside(page.text, "since") == "Pledged from must be a date, such as 2024-12-31."
    assert beside(page.text, "lines-1-code") == "Gem is none of the values that are offered."
    assert "without control characters" in beside(page.text, "note")
    assert page.text.count(" autofocus") == 1
    assert re.search(r'id="since"[^>]* value="yesterday"[^>]* autofocus', page.text)
    assert '<option value="b9" selected>' in page.text
    bounds = person.send(ASK, [("match", "all"), *line(0, "b1", "5", "2")]).text
    assert beside(bounds, "lines-0-upper") == "Count to must not be below the lower count."


@pytest.mark.parametrize(
    "text",
    [
        "<script>window.hit = 1</script>",
        "'; drop table core.fact_gem; --",
        "=cmd|'/c calc'!A0",
        "a\x00b",
        "💎👩‍🔧",
        "\u202eright to left",
        "x" * 10_000,
        "%s %(a)s :note {{7*7}}",
        "\ud800",
    ],
    ids=lambda text: ascii(text)[:12],
)
def test_hostile_text_changes_nothing(person: Person, shop: Shop, text: str) -> None:
    for name in ("match", "since", "note", "codes", "lines.0.code", "lines.0.lower", "lines.1.x", "notify", "do", text):
        fields = [pair for pair in [("match", "all"), *line(0)] if pair[0] != name]
        for path in (ASK, FORM, "/reports/gem_check/saved"):
            answer = person.send(path, [*fields, (name, text), ("cron", "no")])
            assert answer.status_code in (200, 303, 422), (name, path, answer.status_code)
            assert "<script>window" not in answer.text
    assert len(shop.warehouse.rows("SELECT 1 FROM core.fact_gem")) == BILLS
    for path in (f"/reports/{text[:300]}", f"/reports/requests/{text[:300]}", f"/reports/requests?key={text[:300]}"):
        # A control character in a path is refused by the gateway, and a path of "?" leads to the list.
        assert person.open(quote(path, "/?=", errors="replace")).status_code in (200, 307, 400, 404)


def test_a_form_of_another_session_is_shown_again_and_asks_nothing(person: Person, shop: Shop) -> None:
    before = len(shop.reports.requests(limit=1000))
    for csrf in ("", "wrong", "é"):
        page = person.post(ASK, [("csrf", csrf), ("note", "kept"), ("match", "all"), *line(0)])
        assert page.status_code == 400
        assert "not sent from a page of this browser" in page.text
        assert 'value="kept"' in page.text
    assert len(shop.reports.requests(limit=1000)) == before
    id_ = shop.ask()
    for action in ("cancel", "retry", "again"):
        assert person.post(f"/reports/requests/{id_}/{action}", []).status_code == 400
    assert shop.reports.request(id_).state == "queued"


def ended(shop: Shop, how: str) -> str:
    """The id of a request that ended in some way."""
    id_ = shop.ask(**({"note": "no such note"} if how == "nothing" else {}))
    if how in ("finished", "nothing", "pruned", "gone"):
        shop.run(id_)
    if how == "failed":
        shop.tell(id_, "launched", "started", "failed", sentence="It ran longer than the 5 seconds that it may.")
    elif how == "running":
        shop.tell(id_, "launched", "started", "progress", rows=1200, run_id="r-1")
    elif how == "cancelled":
        shop.reports.cancel(id_, "ada")
    elif how == "pruned":
        shop.tell(id_, "pruned")
    return id_


@pytest.mark.parametrize(
    ("how", "told", "buttons"),
    [
        ("queued", "It waits until Dagster takes it", {"Cancel"}),
        ("running", "It is running: 1,200 rows so far", {"Cancel"}),
        ("finished", "It is done: 57 rows", {"Ask again"}),
        ("nothing", "nothing matches what was asked", {"Ask again"}),
        ("failed", "longer than the 5 seconds", {"Try again"}),
        ("cancelled", "Cancelled by ada", {"Try again"}),
        ("pruned", "asking again makes them anew", {"Ask again"}),
    ],
)
def test_each_state_is_a_clear_page(person: Person, shop: Shop, how: str, told: str, buttons: set[str]) -> None:
    id_ = ended(shop, how)
    page = person.open(f"/reports/requests/{id_}")
    assert page.status_code == 200
    assert told in state_of(page.text)
    known = {"Cancel", "Try again", "Ask again"}
    assert {one for one in re.findall(r"<button[^>]*>([^<]*)</button>", page.text) if one in known} == buttons
    assert ("data-live" in page.text) is (how in ("queued", "running"))
    downloads = set(re.findall(r"download\.(\w+)", page.text))
    assert downloads == ({"csv", "parquet", "xlsx"} if how in ("finished",) else set())
    if how not in ("finished", "nothing"):
        assert person.open(f"/reports/requests/{id_}/download.csv").status_code == 409


def test_cancel_retry_and_ask_again(person: Person, shop: Shop) -> None:
    id_ = shop.ask(match="any")
    page = f"/reports/requests/{id_}"

    def press(action: str) -> str:
        answer = person.post(f"{page}/{action}", list(person.hidden(person.open(page).text).items()))
        assert answer.status_code == 303
        return str(answer.headers["location"])

    assert press("cancel") == page
    assert press("cancel") == page
    assert shop.reports.request(id_).state == "cancelled"
    assert press("retry") == page
    assert shop.reports.request(id_).state == "queued"
    shop.run(id_)
    again = press("again")
    assert again != page
    assert shop.reports.request(again.rpartition("/")[2]).key == shop.reports.request(id_).key
    both = person.open(f"/reports/requests?key={shop.reports.request(id_).key}").text
    assert page in both
    assert again in both
    changed = person.open(f"/reports/gem_check?from={id_}").text
    assert re.search(r'name="match" value="any" checked', changed)


def test_past_requests_are_listed_a_page_at_a_time(person: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_pages, "REQUESTS", 2)
    asked = [shop.ask(note="listed") for _ in range(5)]
    found, path = [], f"/reports/requests?key={shop.reports.request(asked[0]).key}"
    while path:
        page = person.open(path).text
        listed = re.findall(r'<th scope="row"><a href="/reports/requests/(\w+)">Gem check</a>', page)
        assert len(listed) <= 2
        found += listed
        older = re.search(r'href="([^"]*)">Older ones', page)
        path = unescape(older[1]) if older else ""
    assert found == asked[::-1]


def test_files_that_are_gone_are_told_of(person: Person, shop: Shop) -> None:
    id_ = shop.ask()
    shop.run(id_)
    for path in (shop.settings.home / "lake").rglob(f"*{id_}*/*.parquet"):
        path.unlink()
    page = person.open(f"/reports/requests/{id_}")
    assert page.status_code == 200
    assert "ask again" in state_of(page.text).lower()
    assert person.open(f"/reports/requests/{id_}/download.parquet").status_code in (409, 503)


def test_a_file_that_changed_or_broke_or_went_is_told_of(person: Person, shop: Shop) -> None:
    id_ = shop.ask()
    shop.run(id_)
    text = shop.file.read_text()
    try:
        rewrite(shop, HEADER.replace("label: Note", "label: Remark") + SELECT)
        page = person.open(f"/reports/requests/{id_}").text
        assert "file has changed since" in state_of(page)
        assert "Rows 1 to" in page
        rewrite(shop, HEADER.replace("limits:", "limts:") + SELECT)
        assert "limts" in person.open("/reports/").text
        refused = person.open("/reports/gem_check")
        assert (refused.status_code, "limts" in refused.text) == (404, True)
        page = person.open(f"/reports/requests/{id_}").text
        assert "cannot be asked again for now" in state_of(page)
        assert "Rows 1 to" in page
    finally:
        rewrite(shop, text)


def rewrite(shop: Shop, text: str) -> None:
    """Change the report's file, and have it read again at once."""
    shop.file.write_text(text)
    shop.reports._declared._looked = float("-inf")


def test_the_warehouse_is_down(person: Person, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = shop.ask()
    shop.run(id_)

    def away(*_: Any, **__: Any) -> Any:
        raise WarehouseError("The warehouse does not answer: it is started again.")

    monkeypatch.setattr(Reports, "choices", away)
    form = person.open("/reports/gem_check")
    assert (form.status_code, "does not answer" in form.text) == (200, True)
    page = person.send(ASK, [("match", "any"), ("note", "kept"), *line(0)])
    assert (page.status_code, "does not answer" in page.text, 'value="kept"' in page.text) == (503, True, True)
    # What was made is in the lake, and read from there.
    assert "Rows 1 to" in person.open(f"/reports/requests/{id_}").text


def test_the_record_is_down(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from tributary.assets.reporting.requests import RecordError

    def away(*_: Any, **__: Any) -> Any:
        raise RecordError("The record of requests does not answer: try again in a moment.")

    monkeypatch.setattr(Reports, "request", away)
    monkeypatch.setattr(Reports, "requests", away)
    for path in ("/reports/requests", "/reports/requests/x"):
        page = person.open(path)
        assert (page.status_code, "try again in a moment" in page.text) == (503, True)


def test_any_other_failure_is_a_page_too(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(Reports, "requests", broken)
    page = person.open("/reports/requests")
    assert (page.status_code, "secret" in page.text, "Something went wrong here" in page.text) == (500, False, True)


def test_a_table_is_sorted_paged_and_widened_by_its_address(person: Person, shop: Shop) -> None:
    id_ = shop.ask(lines=[{"code": code} for code in ("b1", "b2", "b3")])
    shop.run(id_)
    address = f"/reports/requests/{id_}"

    def bills(query: str) -> list[int]:
        page = person.open(f"{address}{query}").text
        return [int(text) for text in re.findall(r'<tr><td class="number">(\d+)</td>', page)]

    wanted = sorted((n for n in range(1, BILLS + 1) if n % 7 < 3), reverse=True)
    assert bills("") == wanted[:100]
    assert bills("?offset=100") == wanted[100:200]
    assert bills("?sort=bill_no&descending=0") == wanted[::-1][:100]
    assert bills("?offset=99999") == []
    assert bills("?offset=x&sort=bill_no&descending=1") == wanted[:100]
    first = person.open(address).text
    assert 'aria-sort="descending"' in first
    assert "gross_g" not in re.findall(r"<thead>.*?</thead>", first, re.DOTALL)[-1]
    assert "gross_g" in re.findall(r"<thead>.*?</thead>", person.open(f"{address}?columns=all").text, re.DOTALL)[-1]
    assert len(bills("?sort=nope")) == 100
    assert "&lt;script&gt;window.hit" in first


def test_what_is_asked_regularly_is_saved_shown_and_removed(person: Person, shop: Shop) -> None:
    saved = "/reports/gem_check/saved"
    wrong = person.send(saved, [("match", "any"), *line(0), ("cron", "every day"), ("title", "Weekly")])
    assert wrong.status_code == 422
    assert 'value="every day"' in wrong.text
    assert beside(wrong.text, "cron").startswith("'every day' is no cron expression")
    assert re.search(r'id="cron"[^>]* autofocus', wrong.text)
    nowhere = person.send(ASK, [("match", "any"), *line(0), ("notify", "nobody at all")])
    assert (nowhere.status_code, beside(nowhere.text, "notify")[:31]) == (422, "A notice goes to a mail address")
    done = person.send(saved, [("match", "any"), *line(0), ("cron", "0 7 * * 1"), ("title", "Weekly"), ("zone", "UTC")])
    assert (done.status_code, done.headers["location"]) == (303, "/reports/saved")
    page = person.open("/reports/saved").text
    assert "Weekly" in page
    assert "0 7 * * 1" in page
    [one] = shop.reports.saved()
    assert re.search(r'name="match" value="any" checked', person.open(f"/reports/gem_check?saved={one.id}").text)
    person.post(f"/reports/saved/{one.id}/remove", list(person.hidden(page).items()))
    assert shop.reports.saved() == []


def test_viewers_fill_in_forms_and_read_and_operators_ask(shop: Shop) -> None:
    rules = ReportRules()
    needs = {
        ("GET", "/gem_check"): Role.VIEWER,
        ("POST", "/gem_check/form"): Role.VIEWER,
        ("POST", "/gem_check/requests"): Role.OPERATOR,
        ("POST", "/gem_check/saved"): Role.OPERATOR,
        ("POST", "/requests/x/cancel"): Role.OPERATOR,
        ("DELETE", "/gem_check/form"): Role.OPERATOR,
    }
    assert {asked: rules.request(Request(*asked)).role for asked in needs} == needs
    assert rules.request(Request("POST", "/gem_check/form")).what is None
    pages = create_pages(shop.reports, shop.settings, "a secret of the tests")
    with served(behind(pages, Role.VIEWER), limits=Limits()) as found, httpx.Client(base_url=found.url) as client:
        form = client.get("/reports/gem_check").text
        assert "Ask for the report" not in form
        assert "which you have not" in form
        assert "Count the rows first" in form
        assert "Cancel" not in client.get(f"/reports/requests/{shop.ask()}").text


def test_personal_data_take_the_scope(person: Person, shop: Shop) -> None:
    id_ = shop.ask("pledgers")
    shop.run(id_)
    address = f"/reports/requests/{id_}"
    hidden = person.open(f"{address}?sort=pledger&descending=1").text
    assert "Person 1" not in hidden
    assert re.findall(r'<td class="number">(\d)</td><td>hidden</td>', hidden.replace("\n", "")) == ["1", "2", "3"]
    assert "scope pii" in state_of(hidden)
    assert "<svg" not in hidden
    assert "download." not in hidden
    assert person.open(f"{address}/download.csv").status_code == 403
    pages = create_pages(shop.reports, shop.settings, "a secret of the tests")
    with (
        served(behind(pages, Role.VIEWER, "pii"), limits=Limits()) as found,
        httpx.Client(base_url=found.url) as client,
    ):
        seen = client.get(address).text
        assert re.findall(r"<td>Person (\d)</td>", seen) == ["3", "2", "1"]
        assert "<svg" in seen
        assert "Person 2" in client.get(f"{address}/download.csv").text


def test_every_page_carries_a_policy_without_inline_scripts(person: Person) -> None:
    for path in (
        "/reports/",
        "/reports/gem_check",
        "/reports/requests",
        "/reports/saved",
        "/reports/nope",
        "/reports/a/b/c",
    ):
        answer = person.open(path)
        assert answer.headers["Content-Security-Policy"].endswith("script-src 'self'; connect-src 'self'"), path
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text), path
        assert "http://" not in re.sub(r'xmlns="[^"]*"', "", answer.text), path
    for path, leads in ((FORM, "/reports/gem_check"), (ASK, "/reports/gem_check")):
        assert person.open(path).headers["location"] == leads
