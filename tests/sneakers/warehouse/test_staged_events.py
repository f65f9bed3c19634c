"""staged.sneaker_events: every record a typed row or in quarantine, each object loaded once, whatever ends a load."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.sneakers.warehouse.building import Collection, load_events, load_state
from tests.sneakers.warehouse.streams import START, bought, event, lines, put

from tributary.assets.factory.reading import DoesNotFit, Row
from tributary.assets.sneakers.arrivals import key_of
from tributary.assets.sneakers.records import read_record
from tributary.assets.sneakers.state import STATE, Manifest
from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.warehouse.arrow import batches
from tributary.resources.warehouse.base import NOBODY, Origin, Rejected
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table

PURCHASE = bought(1, 7, START, color="Grün", collaborator="Ann", purchase_price="89.95")


def record(**changed: Any) -> dict[str, Any]:
    """A purchase as it lies in the lake, with some of it changed."""
    found: dict[str, Any] = json.loads(lines([PURCHASE]))
    return {**found, **changed}


def test_a_purchase_becomes_typed_columns() -> None:
    row = read_record(json.dumps(record()).encode())
    assert row == {
        "event_id": 1,
        "type": "bought",
        "sneaker_id": 7,
        "event_date": date(2026, 1, 25),
        "event_time": datetime.fromisoformat("2026-01-25T12:00:00"),
        "recorded_at": datetime.fromisoformat("2026-05-01T18:31:00"),
        "name": "Pair 7",
        "color": "Grün",
        "material": "Suede",
        "purchase_price": Decimal("89.95"),
        "manufacturer_id": 1,
        "brand": "Nike",
        "collaborator": "Ann",
    }


def test_a_time_in_another_zone_is_held_in_utc() -> None:
    row = read_record(json.dumps(record(event_time="2026-03-01T01:30:00+02:00")).encode())
    assert row["event_time"] == datetime.fromisoformat("2026-02-28T23:30:00")


def test_an_edit_names_what_it_changes_even_to_nothing() -> None:
    changes = {"recipient": None, "event_time": "2026-03-01T12:00:00+00:00", "lace": 44}
    row = read_record(lines([event(5, "edited", 7, START, target_event_id=2, changes=changes)]))
    assert row["changed_fields"] == "event_time,lace,recipient"
    assert row["recipient"] is None
    assert row["changed_event_time"] == datetime.fromisoformat("2026-03-01T12:00:00")
    assert row["changed_event_date"] == date(2026, 3, 1)
    assert row["target_event_id"] == 2


def with_details(**changed: Any) -> dict[str, Any]:
    return record(details={**PURCHASE["details"], **changed})


MISFITS: Sequence[tuple[object, str]] = [
    (record(type="polished"), "type"),
    (record(type=None), "type"),
    (record(event_id="1"), "event_id"),
    (record(event_id=True), "event_id"),
    (record(event_id=2**63), "event_id"),
    (record(sneaker_id=None), "sneaker_id"),
    (record(event_time="yesterday"), "event_time"),
    (record(event_time="2026-01-25T12:00:00"), "zone"),
    (record(event_time="0001-01-01T00:00:00+14:00"), "event_time"),
    (record(details=None), "details"),
    (with_details(purchase_price="12,50"), "purchase_price"),
    (with_details(purchase_price=12.5), "purchase_price"),
    (with_details(purchase_price="-1.00"), "purchase_price"),
    (with_details(purchase_price="123456789.00"), "purchase_price"),
    (with_details(name=""), "name"),
    (with_details(collaborator=["Ann"]), "collaborator"),
    (with_details(color="a\0b"), "color"),
    ({**record(type="undone"), "details": {}}, "target_event_id"),
    ({**record(type="edited"), "details": {"target_event_id": 1}}, "changes"),
    ({**record(type="edited"), "details": {"target_event_id": 1, "changes": {"a,b": 1}}}, "field"),
    ([1], "object"),
]


@pytest.mark.parametrize(("found", "word"), MISFITS, ids=range(len(MISFITS)))
def test_what_does_not_fit_says_what_is_wrong_and_not_what_it_holds(found: object, word: str) -> None:
    with pytest.raises(DoesNotFit, match=word) as caught:
        read_record(json.dumps(found).encode())
    assert "yesterday" not in str(caught.value)


@pytest.mark.parametrize("line", [b"", b"{", b"\xff\xfe", b"nothing"])
def test_what_is_no_json_does_not_fit(line: bytes) -> None:
    with pytest.raises(DoesNotFit):
        read_record(line)


def test_bad_records_go_to_quarantine_and_stop_no_other(collection: Collection) -> None:
    good = lines([PURCHASE, event(4, "worn", 7, START)]).splitlines(keepends=True)
    bad = b'{"event_id": 2, "type": "polished", "details": {}}\n'
    key = key_of(1, 4)
    collection.lake.put(key, good[0] + bad + b"\xff\n" + good[1])
    report, reading = load_events(collection.warehouse, collection.lake)
    assert (report.rows, reading.records) == (2, 4)
    found = collection.rows("SELECT * FROM quarantine.rejected_rows ORDER BY line_number")
    assert [(one["source"], one["line_number"], one["byte_offset"]) for one in found] == [
        (key, 2, len(good[0])),
        (key, 3, len(good[0]) + len(bad)),
    ]
    assert {one["table_name"] for one in found} == {"raw.json_sneaker_events"}
    assert found[0]["raw_text"].encode() + b"\n" == bad
    staged = collection.rows("SELECT event_id, record_offset FROM staged.sneaker_events ORDER BY 1")
    assert [row["record_offset"] for row in staged] == [0, len(good[0]) + len(bad) + 2]


def test_a_load_takes_only_objects_that_are_new(collection: Collection) -> None:
    put(collection.lake, [PURCHASE])
    first = load_events(collection.warehouse, collection.lake)[1]
    second = put(collection.lake, [event(2, "worn", 7, START)])
    again = load_events(collection.warehouse, collection.lake)[1]
    assert [len(first.rows), list(again.rows)] == [1, [second]]
    assert load_events(collection.warehouse, collection.lake)[1].records == 0
    assert len(collection.rows("SELECT * FROM staged.sneaker_events")) == 2


def test_an_object_that_was_cut_off_is_refused_and_the_old_rows_stay(collection: Collection) -> None:
    events = [PURCHASE, *(event(number, "worn", 7, START) for number in range(2, 9))]
    key = put(collection.lake, events)
    load_events(collection.warehouse, collection.lake)
    collection.lake.put(key, collection.lake.get(key)[:100])
    with pytest.raises(ObjectDamagedError, match=r"raw\.json_sneaker_events --force"):
        load_events(collection.warehouse, collection.lake)
    assert len(collection.rows("SELECT * FROM staged.sneaker_events")) == 8
    assert collection.warehouse.rejected("raw.json_sneaker_events") == []


def test_an_empty_lake_gives_an_empty_table(collection: Collection) -> None:
    report, _ = load_events(collection.warehouse, collection.lake)
    assert report.rows == 0
    assert collection.make() == []
    assert collection.rows("SELECT * FROM gold.sneaker_timeline") == []


def test_a_forced_load_makes_the_same_table(collection: Collection) -> None:
    for log in ([PURCHASE], [event(2, "worn", 7, START)]):
        collection.load(log)
    everything = "SELECT * FROM staged.sneaker_events ORDER BY event_id"
    before = collection.rows(everything)
    load_events(collection.warehouse, collection.lake, force=True)
    assert collection.rows(everything) == before
    load_events(collection.warehouse, collection.lake)
    assert collection.rows(everything) == before


class Killed(Exception):
    """Stands for the end of a process."""


class Dying(PostgresWarehouse):
    """Ends where rejected records are put: before or after they are."""

    after = False

    def reject(self, table_name: str, rejects: Mapping[str, Sequence[Rejected]], origin: Origin = NOBODY) -> None:
        if self.after:
            super().reject(table_name, rejects, origin)
        raise Killed


@pytest.mark.parametrize("after", [False, True])
def test_a_load_killed_around_the_quarantine_is_made_good(
    collection: Collection, database_url: str, after: bool
) -> None:
    collection.lake.put(key_of(1, 2), lines([PURCHASE]) + b"{\n")
    dying = Dying(lambda: database_url)
    dying.after = after
    with pytest.raises(Killed):
        load_events(dying, collection.lake)
    with pytest.raises(WarehouseError):
        collection.rows("SELECT * FROM staged.sneaker_events")
    report, _ = load_events(collection.warehouse, collection.lake)
    assert report.rows == 1
    assert collection.rows("SELECT count(*) AS n FROM quarantine.rejected_rows")[0]["n"] == 1


def test_a_replay_reads_again_only_what_had_rejected_records(collection: Collection) -> None:
    bad = key_of(1, 2)
    collection.lake.put(bad, lines([PURCHASE]) + b"{\n")
    collection.load([event(3, "worn", 7, START)])
    collection.lake.put(bad, lines([PURCHASE, event(2, "worn", 7, START)]))
    reading = load_events(collection.warehouse, collection.lake, replay=True)[1]
    assert list(reading.rows) == [bad]
    assert collection.warehouse.rejected("raw.json_sneaker_events") == []
    assert len(collection.rows("SELECT * FROM staged.sneaker_events")) == 3


def test_after_a_forced_load_the_next_reads_nothing(collection: Collection) -> None:
    keys = [put(collection.lake, [event(number, "worn", 7, START)]) for number in range(1, 4)]
    read = [
        len(load_events(collection.warehouse, collection.lake, force=force)[1].rows)
        for force in (False, False, True, False, False)
    ]
    assert read == [3, 0, 3, 0, 0]
    collection.lake.delete_prefix(keys[1])
    assert load_events(collection.warehouse, collection.lake, force=True)[0].table_rows == 2
    staged = collection.rows("SELECT event_id FROM staged.sneaker_events ORDER BY 1")
    assert [row["event_id"] for row in staged] == [1, 3]
    assert load_events(collection.warehouse, collection.lake)[1].rows == {}


def test_a_record_that_gets_lost_on_the_way_stops_the_load(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection.load([PURCHASE])

    def forgetful(table: Table, rows: Iterable[Row]) -> Iterator[Any]:
        yield from batches(table, list(rows)[1:])

    monkeypatch.setattr("tributary.resources.warehouse.arrow.batches", forgetful)
    put(collection.lake, [event(2, "worn", 7, START), event(3, "worn", 7, START)])
    with pytest.raises(ChecksFailed, match="records_reconcile"):
        load_events(collection.warehouse, collection.lake)
    assert len(collection.rows("SELECT * FROM staged.sneaker_events")) == 1
    monkeypatch.undo()
    assert load_events(collection.warehouse, collection.lake)[0].rows == 2


def test_a_snapshots_row_that_gets_lost_on_the_way_stops_its_load(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    brands = [f'{{"manufacturer_id": {number}, "name": "x", "collaborator": null}}\n' for number in (1, 2, 3)]
    data = "".join(brands).encode()
    digest = hashlib.sha256(data).hexdigest()
    manifest = Manifest("manufacturers", f"{STATE}manufacturers/{digest}.jsonl", digest, len(data), 3)
    collection.lake.put(manifest.key, data)
    collection.lake.put(f"{STATE}manufacturers.json", json.dumps(asdict(manifest)).encode())

    def forgetful(table: Table, rows: Iterable[Row]) -> Iterator[Any]:
        yield from batches(table, list(rows)[1:])

    with monkeypatch.context() as patch:
        patch.setattr("tributary.resources.warehouse.arrow.batches", forgetful)
        with pytest.raises(ChecksFailed, match="records_reconcile"):
            load_state(collection.warehouse, collection.lake, "manufacturers")
    assert load_state(collection.warehouse, collection.lake, "manufacturers").rows == 3


def test_rejected_records_are_warned_of_and_counted(collection: Collection) -> None:
    collection.lake.put(key_of(1, 2), lines([PURCHASE]) + b"nothing")
    report, _ = load_events(collection.warehouse, collection.lake)
    told = {result.check.name: result for result in report.checks}
    assert told["records_reconcile"].passed
    assert not told["no_rejects"].passed
    assert (report.rows, report.rejected) == (1, 1)
