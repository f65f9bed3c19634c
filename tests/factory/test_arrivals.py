"""What arrives without being pulled: objects by day or hour, events of one kind, and the entries of a form's log."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tributary.assets.automation.due_sensor import decide
from tributary.assets.factory.arriving_objects import ArrivingObjects
from tributary.assets.factory.entry_log import EntryLog, EntryLogError
from tributary.assets.factory.event_tables import events_named, read_events
from tributary.assets.factory.fields import Field
from tributary.assets.factory.object_loading import load
from tributary.assets.factory.object_tables import ObjectTable
from tributary.assets.factory.objects import Span
from tributary.assets.parts import KeyRange
from tributary.resources.app_database import AppDatabase
from tributary.resources.lake import open_lake
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

DAYS = ArrivingObjects("x/", date(2026, 1, 2))
HOURS = ArrivingObjects("x/", date(2026, 1, 2), every="hour")
LOG = EntryLog("guests", "guests/raw/")
TABLE = Table(
    schema="staged",
    name="things",
    columns=(Field("id", "integer", "", required=True), Column("source_object", "text", "")),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


def things(objects: ArrivingObjects) -> ObjectTable:
    return ObjectTable(
        table=TABLE, source="x", upstream="raw.x", objects=objects.objects(), code_version="1", defined_in=__file__
    )


@pytest.mark.parametrize(
    ("key", "day", "hour"),
    [
        ("x/2026/01/31.jsonl", "2026-01-31 00:00", None),
        ("x/2026/01/31/part-7", "2026-01-31 00:00", None),
        ("x/2026/01/31/07/part", "2026-01-31 00:00", "2026-01-31 07:00"),
        ("x/2026/02/31.jsonl", None, None),
        ("x/2026/01/311.jsonl", None, None),
        ("y/2026/01/31.jsonl", None, None),
        ("x/2026/01/31", None, None),
    ],
)
def test_an_object_is_of_the_day_or_hour_that_its_key_names(key: str, day: str | None, hour: str | None) -> None:
    for objects, told in ((DAYS, day), (HOURS, hour)):
        assert objects.moment(key) == (told and datetime.fromisoformat(told).replace(tzinfo=UTC))


def test_those_partitions_are_due_of_which_an_object_is_not_loaded_as_it_lies_there(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    table, resources = things(DAYS), {"lake": lake, "warehouse": warehouse}
    due = DAYS.due(table)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert due(resources, False) == [KeyRange(today, today)]
    for day in ("01", "02", "03", "05"):
        lake.put(f"x/2026/01/{day}.jsonl", f'{{"id": {int(day)}}}\n'.encode())
    assert due(resources, False) == [KeyRange("2026-01-02", "2026-01-03"), KeyRange("2026-01-05", "2026-01-05")]
    load(table, warehouse, lake, Span(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)))
    assert due(resources, False) == [KeyRange("2026-01-05", "2026-01-05")]
    lake.put("x/2026/01/03.jsonl", b'{"id": 30}\n')
    assert due(resources, False) == [KeyRange("2026-01-03", "2026-01-03"), KeyRange("2026-01-05", "2026-01-05")]
    load(table, warehouse, lake, Span(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)))
    assert due(resources, False) == []
    assert due(resources, True)[0].first == "2026-01-02"
    assert DAYS.ranges_of_sources()(["x/2026/01/03.jsonl"]) == [KeyRange("2026-01-03", "2026-01-03")]


def test_what_was_asked_for_in_vain_is_asked_for_again_with_growing_patience() -> None:
    one, other = KeyRange("a", "b"), KeyRange("c", "c")
    asked, memory = decide([one], {}, 1000.0)
    assert asked == [one]
    asked, memory = decide([one, other], memory, 1030.0)
    assert asked == [other]
    asked, memory = decide([one, other], memory, 1061.0)
    assert asked == [one]
    assert decide([one], memory, 1150.0)[0] == []
    assert decide([one], memory, 1182.0)[0] == [one]
    assert decide([], memory, 1182.0) == ([], {})


def test_an_objects_events_of_one_name_are_rows_and_what_is_no_message_is_set_aside() -> None:
    def message(**told: object) -> str:
        return json.dumps({"type": "track", "userId": "u", "messageId": "m", **told})

    fields = (Field("n", "integer", "", path="properties.n"), Column("source_object", "text", ""))
    data = message(event="Own", properties={"n": 1}) + message(event="Other") + "{rubbish"
    data += message(event="Own", properties={"n": "x"})
    read = read_events([*fields, Column("record_offset", "bigint", "")], events_named("Own"))("o", data.encode())
    rows: Any = read.rows
    assert list(rows) == [{"n": 1, "record_offset": 0}]
    assert read.records == 3
    assert sorted(one.reason for one in read.misfits) == ["it is not JSON", "its properties.n is no integer"]


def test_entries_are_pulled_once_in_their_order_and_another_log_is_not_believed(lake: Lake, database_url: str) -> None:
    app = AppDatabase(lambda: database_url)
    assert LOG.pull(app, lake) == (0, 0, 0)
    LOG.make(database_url)
    LOG.make(database_url)
    assert [LOG.append(database_url, {"label": label}, "me") for label in ("é", "b")] == [1, 2]
    assert (LOG.held(lake), LOG.newest(app)) == (0, 2)
    assert LOG.pull(app, lake) == (2, 1, 2)
    LOG.append(database_url, {"label": "c"}, "me")
    assert LOG.pull(app, lake) == (1, 1, 3)
    assert LOG.pull(app, lake) == (0, 0, 3)
    told = [json.loads(line) for one in lake.list("guests/raw/") for line in lake.get(one.key).splitlines()]
    assert [(one["entry_id"], one["details"]["label"]) for one in told] == [(1, "é"), (2, "b"), (3, "c")]
    import psycopg

    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM guests.log WHERE entry_id = 3")
    LOG.append(database_url, {"label": "another"}, "me")
    with pytest.raises(EntryLogError, match="which is another one in the database"):
        LOG.pull(app, lake)
