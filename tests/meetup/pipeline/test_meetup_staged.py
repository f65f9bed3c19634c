"""Raw objects in the staged tables: everything comes through, what cannot is kept with its reason, in any order."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.meetup.pipeline.running import RAW, STAGED, TABLES, Bench, check_of, load_days, load_snapshots

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.meetup.arrivals import EVENTS_BY_DAY, KNOWN_GROUPS, event_key, group_key
from tributary.assets.meetup.canonical import joined, line_of, lines_of
from tributary.assets.meetup.due import days_of_rejects
from tributary.assets.meetup.partitions import days_between
from tributary.assets.meetup.raw_assets import today
from tributary.assets.meetup.tables import EVENTS, GROUP_TOPICS, GROUPS, VENUES
from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

DAY = date(2018, 3, 11)
VENUE = {"id": "7", "name": "Hub 9", "lat": 37.7, "lon": -122.4, "venueType": ""}


def event(token: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"1{token}",
        "token": token,
        "title": f"Event {token}",
        "dateTime": f"{DAY}T19:00:00-07:00",
        "eventType": "PHYSICAL",
        "status": "PAST",
        "group": {"id": "42", "urlname": "pyladies"},
    } | more


def put(lake: Lake, day: date, *events: dict[str, Any]) -> None:
    lake.put(event_key(day), joined((one["token"], line_of(one)) for one in events))


def test_a_range_pulled_and_staged_reconciles_and_matches_the_objects(whole_bench: Bench) -> None:
    first, last = date(2018, 3, 1), date(2018, 4, 30)
    result = whole_bench.run(first, last, (*RAW, *STAGED))
    assert result.success
    assert whole_bench.warehouse is not None
    assert all(check_of(result, "records_reconcile", asset_key(one.table.key)) for one in TABLES)
    lines = {key: len(lines_of(data)) for key, data in whole_bench.objects().items()}
    rows = whole_bench.warehouse.rows("SELECT source_object, count(*) AS n FROM staged.meetup_events GROUP BY 1")
    assert {row["source_object"]: row["n"] for row in rows} == {key: n for key, n in lines.items() if n}
    found = whole_bench.warehouse.rows(
        "SELECT count(*) FILTER (WHERE starts_at + utc_offset_minutes * interval '1 minute' <> local_start) AS wrong, "
        "count(*) FILTER (WHERE local_start::date <> local_date) AS misplaced FROM staged.meetup_events"
    )[0]
    assert (found["wrong"], found["misplaced"]) == (0, 0)
    groups = whole_bench.warehouse.rows("SELECT snapshot_date, count(*) AS n FROM staged.meetup_groups GROUP BY 1")
    assert groups == [{"snapshot_date": today(), "n": len(lines_of(whole_bench.lake.get(group_key(today()))))}]


def test_odd_events_all_come_through(bench: Bench, warehouse: PostgresWarehouse) -> None:
    text = '<p>Pizza 🍕 &amp; <b>friends</b></p>\u2028"quoted", tab\there'
    put(
        bench.lake,
        DAY,
        event("a", description=text, title="Émoji 🎉", venues=None, duration="PT1H30M"),
        event("b", eventType="ONLINE", venues=[{"id": "9", "venueType": "online", "lat": None, "lon": None}]),
        event("c", venues=[VENUE, VENUE | {"id": "8", "lat": 0.0, "lon": 0.0}], duration="P1D"),
        # The night on which the clocks went forward: 01:59 is followed by 03:00.
        event("d", dateTime=f"{DAY}T01:59:00-08:00", duration="PT2M"),
        event("e", dateTime=f"{DAY}T03:00:00-07:00", endTime=f"{DAY}T03:30:00-07:00", duration="P1M"),
        event("f", dateTime=f"{DAY}T00:00:00+05:30", duration="PT-5M", title=""),
        event("g", feeSettings={"amount": 12.5, "currency": "USD", "required": True}, rsvps={"yesCount": 3}),
        event("h", title="nul \0 here", topics={"edges": [{"node": {"id": "9"}}, {"node": {"id": "10"}}]}),
    )
    report, _, reading = load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    load_days(warehouse, bench.lake, VENUES, DAY, DAY)
    assert (report.rows, reading.records) == (8, 8)
    rows = {row["event_id"]: row for row in warehouse.rows("SELECT * FROM staged.meetup_events")}
    assert (rows["a"]["description"], rows["a"]["title"], rows["a"]["venues"]) == (text, "Émoji 🎉", 0)
    assert rows["a"]["ends_at"] - rows["a"]["starts_at"] == timedelta(minutes=90)
    assert (rows["b"]["is_online"], rows["c"]["is_online"]) == (True, False)
    assert (rows["c"]["venues"], rows["c"]["duration_minutes"]) == (2, 1440)
    assert rows["e"]["starts_at"] - rows["d"]["starts_at"] == timedelta(minutes=1)
    assert (rows["d"]["utc_offset_minutes"], rows["e"]["utc_offset_minutes"]) == (-480, -420)
    assert (rows["e"]["duration_minutes"], rows["e"]["ends_at"]) == (None, datetime(2018, 3, 11, 10, 30))  # noqa: DTZ001
    assert (rows["f"]["duration_minutes"], rows["f"]["starts_at"].date()) == (-5, date(2018, 3, 10))
    assert (rows["g"]["fee_amount"], rows["g"]["yes_rsvps"], rows["a"]["fee_amount"]) == (Decimal("12.50"), 3, None)
    assert (rows["h"]["title"], rows["h"]["topic_ids"]) == ("nul \ufffd here", "10,9")
    venues = warehouse.rows("SELECT event_id, position, lat FROM staged.meetup_venues ORDER BY 1, 2")
    assert [tuple(row.values()) for row in venues] == [("b", 1, None), ("c", 1, 37.7), ("c", 2, None)]


def test_what_does_not_fit_is_kept_with_its_place_and_reason(bench: Bench, warehouse: PostgresWarehouse) -> None:
    good = line_of(event("a"))
    bad = [
        b"{broken",
        b"[1]",
        line_of(event("b", group=None)),
        line_of(event("c", dateTime="2018-03-12T00:00:00-07:00")),
        line_of(event("d", dateTime="2018-03-11T19:00:00")),
        line_of(event("e", maxTickets="many")),
        line_of(event("f", rsvps={"yesCount": 2**70})),
        good,
    ]
    data = b"\n".join([good, *bad]) + b"\n"
    bench.lake.put(event_key(DAY), data)
    report, _, reading = load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    assert (report.rows, reading.records) == (1, 9)
    kept = warehouse.rows(
        "SELECT source, byte_offset, raw_text, reason FROM quarantine.rejected_rows "
        "WHERE table_name = 'raw.json_meetup_events' ORDER BY line_number"
    )
    assert [row["raw_text"].encode() for row in kept] == bad
    assert all(data[row["byte_offset"] :].startswith(row["raw_text"].encode()) for row in kept)
    assert [row["reason"] for row in kept] == [
        "it is no JSON",
        "it is no JSON object",
        "its group is missing",
        "its dateTime is of another day than its object",
        "its dateTime has no offset",
        "its maxTickets is no whole number that fits",
        "its yesCount is no whole number that fits",
        "its id stands in the object already",
    ]
    assert days_of_rejects([row["source"] for row in kept]) == [("2018-03-11", "2018-03-11")]
    bench.lake.put(event_key(DAY), good + b"\n")
    load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    assert warehouse.rejected("raw.json_meetup_events") == []


def test_a_day_that_was_cut_off_is_refused_and_pulled_whole_again(bench: Bench, warehouse: PostgresWarehouse) -> None:
    put(bench.lake, DAY, event("a"), event("b"))
    load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    whole = bench.lake.get(event_key(DAY))
    bench.lake.put(event_key(DAY), whole[:-100])
    with pytest.raises(ObjectDamagedError, match="ends within a line"):
        load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    assert warehouse.rows("SELECT count(*) AS n FROM staged.meetup_events") == [{"n": 2}]
    assert warehouse.rejected("raw.json_meetup_events") == []


def test_a_pull_puts_damaged_objects_right(bench: Bench) -> None:
    assert bench.run("2018-03-01", "2018-03-20").success
    before = bench.objects()
    key = max(before, key=lambda one: len(before[one]))
    day = EVENTS_BY_DAY.day(key)
    assert day is not None
    bench.lake.put(key, before[key][: len(before[key]) // 2])
    bench.lake.put(KNOWN_GROUPS, bench.lake.get(KNOWN_GROUPS)[:20])
    assert bench.run(day, day).success
    assert bench.objects() == before


def test_a_run_replaces_the_rows_of_its_days_and_no_others(bench: Bench, warehouse: PostgresWarehouse) -> None:
    following = DAY + timedelta(days=1)
    put(bench.lake, DAY, event("a"), event("b"))
    put(bench.lake, following, event("c", dateTime=f"{following}T09:00:00-07:00"))
    load_days(warehouse, bench.lake, EVENTS, DAY, following)
    put(bench.lake, DAY, event("b", status="CANCELLED"))
    load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    rows = warehouse.rows("SELECT event_id, is_cancelled FROM staged.meetup_events ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [("b", True), ("c", False)]


def test_an_event_that_was_moved_is_one_row_and_right_once_both_days_are_pulled(
    bench: Bench, warehouse: PostgresWarehouse
) -> None:
    later = DAY + timedelta(days=20)
    put(bench.lake, DAY, event("a", venues=[VENUE]))
    load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    put(bench.lake, later, event("a", dateTime=f"{later}T19:00:00-07:00", venues=[VENUE]))
    report, _, _ = load_days(warehouse, bench.lake, EVENTS, later, later)
    assert (report.rows, report.duplicates) == (0, 1)
    put(bench.lake, DAY)
    load_days(warehouse, bench.lake, EVENTS, DAY, later)
    rows = warehouse.rows("SELECT event_id, local_date FROM staged.meetup_events")
    assert rows == [{"event_id": "a", "local_date": later}]


def test_snapshots_are_loaded_once_and_again_when_they_change(bench: Bench, warehouse: PostgresWarehouse) -> None:
    group = {"id": "1", "urlname": "a", "name": "A", "status": "PAID", "lat": 0.0, "lon": 0.0}
    topics = {"activeTopics": [{"id": "5", "name": "Python"}, {"id": "5", "name": "Python"}]}
    rated = {"stats": {"eventRatings": {"average": 4.5, "totalRatings": 0}, "memberCounts": {"all": 9}}}
    days = days_between(date(2026, 1, 1), date(2026, 1, 3))
    for day in days:
        bench.lake.put(group_key(day), line_of(group | topics | rated) + b"\n" + line_of({"id": "2"}) + b"\n")
    for table, rows in ((GROUPS, 3), (GROUP_TOPICS, 3)):
        assert load_snapshots(warehouse, bench.lake, table)[0].rows == rows
        report, reading = load_snapshots(warehouse, bench.lake, table)
        assert (report.rows, reading.records) == (0, 0)
    row = warehouse.rows("SELECT * FROM staged.meetup_groups")[0]
    assert (row["rating"], row["members"], row["lat"], row["lon"]) == (None, 9, None, None)
    assert sum(found.count for found in warehouse.rejected("raw.json_meetup_groups")) == 3
    bench.lake.put(group_key(days[1]), line_of(group | {"name": "B"}) + b"\n")
    report, reading = load_snapshots(warehouse, bench.lake, GROUPS)
    assert (report.rows, list(reading.rejected)) == (1, [group_key(days[1])])
    names = warehouse.rows("SELECT name FROM staged.meetup_groups ORDER BY snapshot_date")
    assert [found["name"] for found in names] == ["A", "B", "A"]
    _, reading = load_snapshots(warehouse, bench.lake, GROUPS, replay=True)
    assert set(reading.rejected) == {group_key(days[0]), group_key(days[2])}


def test_half_a_surrogate_pair_is_kept_in_the_lake_and_replaced_in_the_table(
    bench: Bench, warehouse: PostgresWarehouse
) -> None:
    node = json.loads(json.dumps(event("a")).replace("Event a", "half \\ud83c"))
    put(bench.lake, DAY, node)
    assert b"\\ud83c" in bench.lake.get(event_key(DAY))
    load_days(warehouse, bench.lake, EVENTS, DAY, DAY)
    assert warehouse.rows("SELECT title FROM staged.meetup_events") == [{"title": "half \ufffd"}]
