"""Importing in the app: a preview that records nothing, then all at once; what is refused can be taken home."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from tests.sneakers.app.conftest import TODAY, Collector, error_beside, purchase
from tests.sneakers.app.test_sneaker_import import BRANDS, EVENTS, PAIRS

from tributary.assets.sneakers.app.app import create_app
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.service.opening import SneakerService
from tributary.assets.sneakers.settings import SneakersSettings
from tributary.resources.principal import OWNER, with_principal
from tributary.resources.warehouse.table import PII

Pg = psycopg.Connection[Any]
SNQL = {"manufacturers.csv": BRANDS, "sneakers.csv": PAIRS, "sneaker_events.csv": EVENTS}


def upload(collector: Collector, files: dict[str, str | bytes], zone: str = "UTC") -> Any:
    collector.open("/import")
    parts = [("files", (name, data.encode() if isinstance(data, str) else data)) for name, data in files.items()]
    return collector.client.post("/import", data={**collector.hidden, "zone": zone}, files=parts)


def count(pg: Pg) -> int:
    found = pg.execute("SELECT count(*) FROM sneakers.sneaker_events").fetchone()
    assert found is not None
    return int(found[0])


def figures(page: str) -> list[str]:
    return re.findall(r"<dd>(\d+)</dd>", page)


def test_three_tables_are_looked_at_brought_in_and_not_twice(collector: Collector, pg: Pg) -> None:
    hostile = '8,"<script>alert(1)</script>",1,2019-01-04 10:00:00\n'
    found = upload(collector, SNQL | {"sneaker_events.csv": EVENTS + hostile}).headers["Location"]
    page = collector.open(found)
    assert figures(page) == ["2", "2", "6", "0", "1"]
    assert "sneaker_events.csv, line 8" in page
    assert "its event_type is none of" in page
    assert count(pg) == 0
    refused = collector.client.get(f"{found}/refused.csv")
    assert "attachment" in refused.headers["Content-Disposition"]
    assert "<script>alert(1)</script>" in next(csv.DictReader(io.StringIO(refused.text)))["row"]
    assert collector.fill(found).headers["Location"] == found
    assert count(pg) == 10
    page = collector.open(found)
    assert figures(page) == ["0", "0", "0", "8", "1"]
    assert "nothing new" in page
    again = upload(collector, dict(SNQL)).headers["Location"]
    assert figures(collector.open(again)) == ["0", "0", "0", "8", "0"]
    collector.send(again)
    assert count(pg) == 10


@pytest.mark.usefixtures("pair")
def test_an_export_by_the_app_comes_in_by_the_app(collector: Collector, pg: Pg) -> None:
    before = collector.client.get("/export/sneaker_events.csv")
    assert before.headers["Content-Type"] == "text/csv; charset=utf-8"
    for kind in ("csv", "json"):
        file = collector.client.get(f"/export/sneaker_events.{kind}").content
        found = upload(collector, {f"mine.{kind}": file}).headers["Location"]
        assert figures(collector.open(found)) == ["0", "0", "0", "2", "0"]
    assert count(pg) == 2


@pytest.mark.parametrize(
    ("files", "zone", "field", "sentence"),
    [
        ({}, "UTC", "files", "files are missing"),
        ({"a.csv": "x\n", "b.csv": "y\n"}, "UTC", "files", "These are 2 files"),
        ({"a.json": "{}"}, "UTC", "files", "format must be"),
        ({"a.xlsx": b"PK\x03\x04\xff"}, "UTC", "files", "not UTF-8"),
        (SNQL | {"sneakers.csv": "id;x\n"}, "UTC", "files", "no column"),
        (SNQL, "Mars/Base", "zone", "no time zone"),
        (SNQL, "../../etc/passwd", "zone", "no time zone"),
    ],
)
def test_what_cannot_be_read_is_told_beside_the_field(
    collector: Collector, pg: Pg, files: dict[str, str | bytes], zone: str, field: str, sentence: str
) -> None:
    answer = upload(collector, files, zone)
    assert answer.status_code == 422
    assert sentence in error_beside(answer.text, field)
    assert pg.execute("SELECT count(*) FROM sneakers.uploads").fetchone() == (0,)
    assert collector.client.get(f"/import/{uuid4()}").status_code == 404


def test_old_uploads_go_with_the_next(collector: Collector, pg: Pg) -> None:
    first = upload(collector, dict(SNQL)).headers["Location"]
    pg.execute("UPDATE sneakers.uploads SET uploaded_at = uploaded_at - interval '25 hours'")
    upload(collector, dict(SNQL))
    assert collector.client.get(first).status_code == 404


def test_who_may_not_see_personal_data_sees_no_note_and_gets_no_export(
    app: Flask, collector: Collector, service: SneakerService, brand: int
) -> None:
    bought = service.pairs.buy(uuid4(), purchase(brand, note="From Maya"), date(2025, 5, 1))
    assert "From Maya" in collector.open("/sneakers/1")
    whole, less = app.wsgi_app, with_principal({}, replace(OWNER, scopes=OWNER.scopes - {PII}))
    app.wsgi_app = lambda environ, start: whole({**environ, "asgi.scope": less}, start)  # type: ignore[method-assign]
    assert "From Maya" not in collector.open("/sneakers/1")
    assert collector.client.get("/sneakers?q=maya").text.count("<tr id=") == 0
    assert collector.client.get("/export/sneaker_events.csv").status_code == 403
    assert collector.client.get("/export/sneaker_events.json").status_code == 403
    form = collector.open(f"/entries/{bought.event_id}/edit")
    assert "From Maya" not in form
    values = {"name": "Dunk High", "color": "red", "material": "suede", "purchase_price": "120", "manufacturer_id": 1}
    assert collector.send(f"/entries/{bought.event_id}/edit", event_date="2025-05-01", **values).status_code == 303
    app.wsgi_app = whole  # type: ignore[method-assign]
    page = collector.open("/sneakers/1")
    assert "From Maya" in page
    assert "Dunk High" in page


def test_pages_of_named_origins_alone_may_read_the_two_files(
    database_url: str, service: SneakerService, pair: int
) -> None:
    service.pairs.use(uuid4(), EventType.WORN, pair, TODAY)
    own = "https://me.example"
    paths = ("/pairs_owned_over_time", "/pairs_per_brand")
    closed = create_app(database_url, "secret", today=lambda: TODAY).test_client()
    opened = create_app(database_url, "secret", today=lambda: TODAY, origins=frozenset({own})).test_client()
    for path in paths:
        shut = closed.get(path, headers={"Origin": own}).headers
        assert "Access-Control-Allow-Origin" not in shut
        assert shut["Cross-Origin-Resource-Policy"] == "same-origin"
        headers = opened.get(path, headers={"Origin": own}).headers
        assert headers["Access-Control-Allow-Origin"] == own
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "Access-Control-Allow-Credentials" not in headers
        for other in ("https://me.example.evil", "http://me.example", "https://ME.example", "null", "*", ""):
            answer = opened.get(path, headers={"Origin": other}).headers
            assert "Access-Control-Allow-Origin" not in answer
            assert "Origin" in answer["Vary"]
    for path in ("/", "/export/sneaker_events.csv", "/sneakers"):
        assert "Access-Control-Allow-Origin" not in opened.get(path, headers={"Origin": own}).headers


def test_the_setting_takes_exact_origins_only() -> None:
    assert SneakersSettings().origins == frozenset()
    told = SneakersSettings(csv_origins="https://me.example, http://localhost:8080")
    assert told.origins == {"https://me.example", "http://localhost:8080"}
    for wrong in (
        "*",
        "me.example",
        "https://me.example/",
        "https://*.example",
        "null",
        "https://Me.example",
        "file://x",
    ):
        with pytest.raises(ValueError, match="no origin"):
            SneakersSettings(csv_origins=wrong)
