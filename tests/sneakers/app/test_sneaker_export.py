"""What is exported comes in again: exactly into an empty collection, once into any, and never what cannot be true."""

from __future__ import annotations

import base64
import csv
import io
import json
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import Engine, text
from tests.sneakers.app.conftest import TODAY, purchase
from tests.sneakers.app.test_sneaker_property import STEP, attempt

from tributary.assets.sneakers.app.database import migrate, open_engine, open_sessions
from tributary.assets.sneakers.app.errors import Refused
from tributary.assets.sneakers.app.events import EventType
from tributary.assets.sneakers.app.imports.files import bring
from tributary.assets.sneakers.app.imports.outcome import Brought, ImportRefused
from tributary.assets.sneakers.app.photos import read_picture
from tributary.assets.sneakers.app.reading.exporting import events_csv, events_json
from tributary.assets.sneakers.app.service.opening import SneakerService, open_service
from tributary.assets.sneakers.app.service.rows import events_of
from tributary.resources.postgres.databases import Databases

TABLES = {
    "sneaker_events": "event_id, type, sneaker_id, event_date, event_time, recorded_at, details, request_token,"
    " request_digest",
    "sneakers": "*",
    "manufacturers": "*",
}


@pytest.fixture
def other(databases: Databases) -> Iterator[Engine]:
    """An empty collection elsewhere."""
    name = f"other_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    found = open_engine(databases.url("app").replace("/app?", f"/{name}?"))
    migrate(found)
    yield found
    found.dispose()
    with psycopg.connect(databases.url("app"), autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def exported(engine: Engine, kind: str = "json") -> dict[str, bytes]:
    with open_sessions(engine)() as session:
        told = events_json(session) if kind == "json" else events_csv(session)
    return {f"sneaker_events.{kind}": told.encode()}


def rows(engine: Engine) -> dict[str, list[Any]]:
    with engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT {what} FROM sneakers.{table} ORDER BY 1"))]
            for table, what in TABLES.items()
        }


def empty(engine: Engine) -> None:
    """An empty collection again, as no app can make it."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE sneakers.sneaker_events DISABLE TRIGGER USER"))
        connection.execute(text(f"TRUNCATE {', '.join(f'sneakers.{table}' for table in (*TABLES, 'photos'))}"))
        connection.execute(text("ALTER TABLE sneakers.sneaker_events ENABLE TRIGGER USER"))


def came(engine: Engine, files: dict[str, bytes], *, keep: bool = True) -> Brought:
    return bring(engine, files, ZoneInfo("UTC"), lambda: TODAY, keep=keep)


def picture(color: str = "red") -> Any:
    data = io.BytesIO()
    Image.new("RGB", (60, 40), color).save(data, "PNG")
    return read_picture(data.getvalue())


def live(engine: Engine, steps: list[tuple[str, int, int]], pairs: int = 2) -> None:
    """Whatever a collector tries: brands, pairs, uses and corrections of all of them."""
    sessions = open_sessions(engine)
    service = open_service(sessions, lambda: TODAY)
    brand = service.brands.add(uuid4(), f"Brand {uuid4().hex[:6]}", "Kith").manufacturer_id
    mistaken = service.brands.add(uuid4(), f"Mistake {uuid4().hex[:6]}")
    service.corrections.undo(uuid4(), mistaken.event_id)
    service.brands.edit(uuid4(), brand, f"Renamed {uuid4().hex[:6]}")
    owned = [
        service.pairs.buy(
            uuid4(), purchase(brand, currency="USD", note='Two\n"lines"', size="42½"), TODAY - timedelta(days=6)
        ).sneaker_id
        or 0
        for _ in range(pairs)
    ]
    service.corrections.show(uuid4(), owned[0], picture())
    for number, (kind, days, pick) in enumerate(steps):
        with sessions() as session:
            events = events_of(session, owned[number % pairs])
        attempt(service, owned[number % pairs], events, kind, TODAY - timedelta(days=6 - days), pick)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=2, max_size=14), st.sampled_from(["json", "csv"]))
def test_an_export_makes_an_empty_collection_the_same(
    engine: Engine, other: Engine, steps: list[tuple[str, int, int]], kind: str
) -> None:
    empty(engine), empty(other)
    live(engine, steps)
    file, before = exported(engine, kind), rows(engine)
    tried = came(other, file, keep=False)
    assert rows(other) == {table: [] for table in TABLES}
    assert came(other, file) == tried
    assert (tried.refused, rows(other)) == ([], before)
    if kind == "json":
        assert exported(other) == file
    assert came(other, file) == Brought(again=len(before["sneaker_events"]))
    assert came(engine, file) == Brought(again=len(before["sneaker_events"]))
    assert rows(other) == rows(engine) == before
    # What is recorded next stands behind what came in.
    live(other, steps[:2], pairs=1)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, min_size=2, max_size=10))
def test_two_collections_become_one_and_the_same_file_twice_changes_nothing(
    engine: Engine, other: Engine, steps: list[tuple[str, int, int]]
) -> None:
    empty(engine), empty(other)
    live(engine, steps)
    live(other, steps[::-1], pairs=1)
    own, file, told = rows(other), exported(engine), rows(engine)
    brought = came(other, file)
    assert brought.refused == []
    both = rows(other)
    for table in TABLES:
        assert both[table][: len(own[table])] == own[table]
        assert len(both[table]) == len(own[table]) + len(told[table])
    # All but the ids is as it was told: each pair's state, in its order.
    assert [row[1:6] for row in both["sneakers"][len(own["sneakers"]) :]] == [row[1:6] for row in told["sneakers"]]
    assert came(other, file) == Brought(again=len(told["sneaker_events"]))
    assert rows(other) == both


@pytest.fixture
def told(engine: Engine, service: SneakerService, pair: int) -> list[dict[str, Any]]:
    """The events of an export: a brand, its pair, two wears and a sale."""
    service.pairs.use(uuid4(), EventType.WORN, pair, date(2025, 5, 2))
    service.pairs.use(uuid4(), EventType.WORN, pair, date(2025, 5, 3))
    service.pairs.sell(uuid4(), pair, "80", date(2025, 5, 4))
    (data,) = exported(engine).values()
    events: list[dict[str, Any]] = json.loads(data)["events"]
    return events


def as_file(events: list[dict[str, Any]], **more: Any) -> dict[str, bytes]:
    return {"e.json": json.dumps({"format": "sneaker events 1", "events": events, "photos": {}, **more}).encode()}


@pytest.mark.parametrize(
    ("place", "changes", "reason"),
    [
        (2, {"event_date": "2025-04-02"}, "before it was bought"),
        (2, {"event_date": "2999-04-02"}, "in the future"),
        (2, {"recorded_at": "2999-04-02T10:00:00+00:00"}, "recorded in the future"),
        (2, {"type": "eaten"}, "its type is not known"),
        (2, {"type": ["worn"]}, "its type is not known"),
        (2, {"sneaker_id": 99}, "its pair did not come in"),
        (2, {"sneaker_id": 2**60}, "too large"),
        (2, {"sneaker_id": None}, "sneaker_id is no id"),
        (2, {"event_id": 2}, "another event of the file has its event_id"),
        (2, {"details": {"x": 1}}, "its details must be others"),
        (2, {"details": [[[]]]}, "object of details"),
        (2, {"request_token": "no"}, "request_token"),
        (2, {"request_digest": "no"}, "request_digest"),
        (2, {"event_date": None}, "event_date"),
        (2, {"event_time": "noon"}, "event_time is no time"),
        (2, {"more": 1}, "such as no event has"),
        (2, {"type": "undone", "details": {"target_event_id": 77}}, "did not come in"),
        (2, {"type": "edited", "details": {"target_event_id": 2, "changes": {"sale_price": "1.00"}}}, "does not have"),
        (2, {"type": "edited", "details": {"target_event_id": 2, "changes": {"name": "\u202eevil"}}}, "its name"),
        (2, {"type": "edited", "details": {"target_event_id": 2, "changes": {"currency": "euro"}}}, "no currency"),
        (2, {"type": "edited", "details": {"target_event_id": 2, "changes": {"photo": "../../etc"}}}, "no image"),
        (4, {"details": {"sale_price": "-1"}}, "no price"),
        (4, {"details": {"sale_price": "1e3"}}, "no price"),
        (4, {"details": {"sale_price": "80"}}, "not as the app writes it"),
    ],
)
def test_an_odd_event_is_refused_with_its_reason_and_stops_no_other(
    other: Engine, told: list[dict[str, Any]], place: int, changes: dict[str, Any], reason: str
) -> None:
    told[place] |= changes
    brought = came(other, as_file(told))
    assert [row.line for row in brought.refused] == [place + 1]
    assert reason in brought.refused[0].reason
    assert brought.refused[0].row == told[place]
    assert (brought.brands, brought.pairs, brought.events) == (1, 1, 2)
    listed = list(csv.DictReader(io.StringIO(brought.refused_csv())))
    assert json.loads(listed[0]["row"]) == told[place]


def test_what_follows_from_a_refused_purchase_is_refused_too(other: Engine, told: list[dict[str, Any]]) -> None:
    told[1]["details"]["purchase_price"] = "free"
    brought = came(other, as_file(told))
    assert [row.line for row in brought.refused] == [2, 3, 4, 5]
    assert brought.refused[1].reason == "its pair did not come in."
    assert rows(other)["sneakers"] == []


def test_a_sale_before_a_wear_that_came_in_is_refused(other: Engine, told: list[dict[str, Any]]) -> None:
    told[2]["event_date"] = "2025-05-09"
    assert came(other, as_file(told)).odd == [
        "e.json, line 5: A pair cannot be worn (9 May 2025) after it was sold (4 May 2025)."
    ]


def test_an_event_that_is_here_with_other_values_is_refused(engine: Engine, told: list[dict[str, Any]]) -> None:
    before = rows(engine)
    told[1]["details"]["name"] = "Another"
    brought = came(engine, as_file(told))
    assert [(row.line, row.reason) for row in brought.refused] == [(2, "it was brought in before, with other values.")]
    assert rows(engine) == before


def test_a_brand_that_stands_is_taken_for_the_same(other: Engine, told: list[dict[str, Any]]) -> None:
    open_service(open_sessions(other), lambda: TODAY).brands.add(uuid4(), "NIKE")
    assert came(other, as_file(told)) == Brought(pairs=1, events=3, again=1)
    assert [row[1] for row in rows(other)["manufacturers"]] == ["NIKE"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("e.json", b"{", "no JSON"),
        ("e.json", b'{"events": ' + b"[" * 100_000, "no JSON"),
        ("e.json", b'{"events": []}', "format must be"),
        ("e.json", b"\xff\xfe", "not UTF-8"),
        ("e.csv", b"a,b\n1,2\n", "no column 'event_id'"),
        ("e.csv", b"\x89PNG\r\n\x1a\n", "not UTF-8"),
        ("e.csv", b"", "no column"),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(other: Engine, name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        came(other, {name: data})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_file_makes_it_fail(other: Engine, told: list[dict[str, Any]], data: st.DataObject) -> None:
    """Fields of an export put in each other's places, and rubbish in theirs."""
    rubbish = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("\0"),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["changes", "name"]), inner),
        max_leaves=4,
    )
    for event in told:
        if data.draw(st.booleans()):
            event[data.draw(st.sampled_from(sorted(event)))] = data.draw(rubbish)
    brought = came(other, as_file(told), keep=False)
    assert brought.new + brought.again + len(brought.refused) == len(told)


def test_photos_come_along_and_hostile_ones_do_not(
    engine: Engine, other: Engine, service: SneakerService, pair: int
) -> None:
    service.corrections.show(uuid4(), pair, picture())
    told = json.loads(next(iter(exported(engine).values())))
    hostile = base64.b64encode(b"<script>alert(1)</script>").decode()
    told["photos"] |= {"0" * 64: hostile, "x": "!", "y": 7}
    brought = came(other, as_file(**told))
    assert [row.row for row in brought.refused] == [{"photo": "0" * 64}, {"photo": "x"}, {"photo": "y"}]
    with other.connect() as connection, engine.connect() as there:
        query = text("SELECT sha256, image FROM sneakers.photos")
        assert connection.execute(query).all() == there.execute(query).all()


def test_an_import_that_ends_early_leaves_nothing(
    other: Engine, told: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tributary.assets.sneakers.app.service.restoring.Restoring._write_events",
        lambda _: (_ for _ in ()).throw(Refused(None, "killed")),
    )
    with pytest.raises(Refused):
        came(other, as_file(told))
    assert rows(other) == {table: [] for table in TABLES}
