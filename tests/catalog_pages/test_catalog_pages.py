"""The catalogue's pages: what they find, what they tell and hide, and that they stand while others do not."""

from __future__ import annotations

import re
import time
from html import unescape

import httpx
import pytest
from tests.catalog_pages.conftest import HOSTILE, MEMBERS, MODELS, WIDE, Club, write_models

from tributary.resources.principal import Role
from tributary.web.catalog import known
from tributary.web.catalog.known import Knowing


def text_of(page: httpx.Response, status: int = 200) -> str:
    """The words of a page, as they are read."""
    assert page.status_code == status, page.text
    assert HOSTILE not in page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def tables_of(page: httpx.Response) -> list[str]:
    """The tables of a list, in its order."""
    assert page.status_code == 200
    return re.findall(r'<th scope="row">\s*<a href="/catalog/tables/([\w.]+)"', page.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["staged.people", "core.dim_person", "gold.domains", "gold.wide"]),
        ("q=domains", ["gold.domains"]),
        ("q=PERSON", ["core.dim_person"]),
        ("q=write+from", ["gold.domains"]),
        ("q=domain", ["gold.domains", "core.dim_person"]),
        ("q=people", ["staged.people", "core.dim_person", "gold.domains"]),
        ("q=left_on", ["staged.people"]),
        ("q=domain&layer=core", ["core.dim_person"]),
        ("tag=pii", ["staged.people", "core.dim_person", "gold.domains"]),
        ("tag=pii&layer=gold", ["gold.domains"]),
        ("source=club&q=numbers", ["gold.wide"]),
        ("q=people+nowhere", []),
        ("source=nobody", []),
        ("q=%00%25_", []),
        ("from=999999&q=wide", ["gold.wide"]),
        ("from=-1", ["staged.people", "core.dim_person", "gold.domains", "gold.wide"]),
    ],
)
def test_tables_are_found_by_words_source_layer_and_tag(viewer: httpx.Client, query: str, found: list[str]) -> None:
    assert tables_of(viewer.get(f"/catalog/?{query}")) == found


def test_columns_that_were_meant_lead_to_their_pages(viewer: httpx.Client) -> None:
    assert 'href="/catalog/tables/staged.people/columns/left_on"' in viewer.get("/catalog/?q=left_on").text
    assert "No table has all of that" in text_of(viewer.get("/catalog/?q=nowhere"))
    assert text_of(viewer.get("/catalog")).startswith("Catalogue")


def test_a_table_tells_what_it_means_and_what_is_in_it(viewer: httpx.Client, club: Club) -> None:
    page = viewer.get("/catalog/tables/staged.people")
    told = text_of(page)
    ((rows,),) = (one.values() for one in club.warehouse.rows("SELECT count(*) AS n FROM staged.people"))
    for words in (
        f"Rows {rows} ",
        "Grain one row a member",
        "No two rows share id.",
        f"Members of the club {HOSTILE}.",
    ):
        assert words in told
    assert "m1@club.example" not in page.text
    assert told.count(" hidden ") == len(MEMBERS)
    assert "Personal data are hidden" in told
    assert re.findall(r"✗|✓", told) == ["✓", "✗", "✗"]
    assert "passed 18 November 2023, 09:33 UTC" in told
    assert re.findall(r"/dagster/runs/([\w-]+)", page.text) == ["run-3", "run-2", "run-1"]
    assert "Size 4.5 MB" in told
    assert "Took 0.75 s" in told
    assert "2023-11-17 22:13 3,000 2023-11-16 22:13 2,000 2023-11-15 22:13 1,000" in told
    assert 'href="/dagster/assets/staged/people"' in page.text
    assert 'href="/dagster/assets/raw/people"' in page.text
    assert 'href="/api/v1/tables/staged.people/rows?limit=100"' in page.text


def test_what_hangs_on_a_table_is_linked(viewer: httpx.Client) -> None:
    domains, people = (
        viewer.get("/catalog/tables/gold.domains").text,
        viewer.get("/catalog/tables/core.dim_person").text,
    )
    assert '<a href="/dashboard/club-who-writes">club: Who writes</a>' in domains
    assert '<a href="/dashboard/club-who-writes">club: Who writes</a>' in people  # by a path of the data API
    assert "/dashboard/" not in viewer.get("/catalog/tables/gold.wide").text
    read = re.findall(r'<li><a href="/catalog/tables/([\w.]+)"', people)
    assert read == ["staged.people", "gold.domains", "gold.wide"]
    assert "<code>/people/{id}</code>" in people


def test_whoever_has_the_scope_sees_personal_data(club: Club) -> None:
    with club.site(Role.VIEWER, "pii") as url:
        page = httpx.get(f"{url}/catalog/tables/staged.people")
    assert all(str(one["mail"]) in page.text for one in MEMBERS)
    assert "hidden" not in text_of(page)


def test_what_was_never_made_says_so(viewer: httpx.Client) -> None:
    told = text_of(viewer.get("/catalog/tables/gold.wide"))
    assert "Changed never made" in told
    assert "gold.wide is not there as it is declared: materialise it first." in told
    assert "Dagster knows of no run that made it." in told


def test_a_column_s_lines_are_those_of_its_lineage(viewer: httpx.Client) -> None:
    page = viewer.get("/catalog/tables/core.dim_person/columns/domain")
    lines = re.findall(r'<tr id="line-\d+">(.*?)</tr>', page.text, re.DOTALL)
    told = [" ".join(unescape(re.sub(r"<[^>]+>", " ", line)).split()) for line in lines]
    assert sorted(told) == [
        "core.dim_person.domain pii gives values to gold.domains.domain handed on as it is",
        "raw.people.mail gives values to staged.people.mail by the code that makes it",
        "staged.people.left_on filters the rows of core.dim_person p.left_on IS NULL",
        "staged.people.mail pii gives values to core.dim_person.domain domain = LOWER(p.mail)",
    ]
    assert "3 columns upstream, 1 downstream." in text_of(page)
    alone = viewer.get("/catalog/tables/core.dim_person/columns/domain?rows=0")
    assert "left_on" not in alone.text
    drawn = re.findall(r'<a class="node[^>]* href="([^"]+)"', page.text)
    assert set(drawn) == {
        f"/catalog/tables/{table}/columns/{column}"
        for table, column in (
            ("staged.people", "mail"),
            ("staged.people", "left_on"),
            ("core.dim_person", "domain"),
            ("gold.domains", "domain"),
        )
    }
    assert page.text.count('class="line personal"') == 3  # two lines and the legend
    assert page.text.count('class="line only-rows"') == 2


def test_many_columns_are_drawn_when_all_are_asked_for(viewer: httpx.Client) -> None:
    few = viewer.get("/catalog/tables/core.dim_person/columns/id")
    assert f"drawn are the nearest 60 of {WIDE + 5}" in text_of(few)
    every = viewer.get("/catalog/tables/core.dim_person/columns/id?all=1")
    counts = [len(re.findall(r'<(?:a|g) class="node', page.text)) for page in (few, every)]
    assert counts == [60, WIDE + 5]


@pytest.mark.parametrize(
    ("path", "sentence", "meant"),
    [
        ("tables/gold.domain", "There is no table gold.domain.", "/catalog/tables/gold.domains"),
        ("tables/gold.domains/columns/peple", "gold.domains has no column peple.", "columns/people"),
        ("tables/staged.person/columns/id", "There is no table staged.person.", "/catalog/tables/staged.people"),
        ("tables/%3Cscript%3Ewindow.hit%20=%201%3C%2Fscript%3E", "There is no such page.", ""),
        ("tables/%3Cscript%3E", "There is no table <script>.", ""),
        ("tables/raw.people", "There is no table raw.people.", "/catalog/tables/staged.people"),
        ("nowhere", "There is no such page.", ""),
    ],
)
def test_what_is_not_there_is_said_with_what_was_meant(
    viewer: httpx.Client, path: str, sentence: str, meant: str
) -> None:
    page = viewer.get(f"/catalog/{path}")
    assert sentence in text_of(page, 404)
    assert "<script>" not in page.text
    assert meant in page.text


def test_the_pages_stand_while_dagster_does_not(
    viewer: httpx.Client, club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(club.dagster, "is_away", True)
    told = text_of(viewer.get("/catalog/tables/staged.people"))
    assert "Runs and the history of checks are not known now: Dagster's server does not answer" in told
    assert "Rows 4 " in told
    assert text_of(viewer.get("/catalog/tables/staged.people/columns/mail"))


def test_the_pages_stand_while_the_warehouse_does_not(club: Club) -> None:
    with club.site(url="postgresql://127.0.0.1:9/nowhere") as url:
        told = text_of(httpx.get(f"{url}/catalog/", timeout=30))
        assert "Rows and times are not known" in told
        assert "Members of the club" in text_of(httpx.get(f"{url}/catalog/tables/staged.people", timeout=30))


def test_nothing_can_be_sent(viewer: httpx.Client) -> None:
    assert viewer.post("/catalog/").status_code == 405
    headers = viewer.get("/catalog/").headers
    assert "script-src 'self'" in headers["Content-Security-Policy"]


def test_what_is_known_follows_the_files(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    knowing = Knowing(club.settings.home, club.sources)
    assert "domain" in [one.name for one in knowing().catalogue.by_key["gold.domains"].columns]
    before = knowing()
    monkeypatch.setattr(known, "_LOOK_SECONDS", 0.0)
    path = club.models / "gold" / "domains.sql"
    path.write_text(path.read_text().replace("How many people write", "How many folk write"))
    time.sleep(0.01)
    try:
        assert knowing().catalogue.by_key["gold.domains"].description.startswith("How many folk")
        assert before.catalogue.by_key["gold.domains"].description == MODELS["gold/domains"][0]
    finally:
        write_models(club.models)
    assert knowing().catalogue.by_key["gold.domains"].description == MODELS["gold/domains"][0]
