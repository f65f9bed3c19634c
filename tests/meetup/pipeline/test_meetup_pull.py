"""Days of events pulled into the lake: the same bytes again and again, by few calls, each event under its own day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.meetup.pipeline.running import (
    NOW,
    RAW,
    RAW_EVENTS_KEY,
    RAW_GROUPS_KEY,
    Bench,
    failure_of,
    metadata_of,
)

from tributary.assets.meetup.arrivals import KNOWN_GROUPS, event_key, group_key
from tributary.assets.meetup.canonical import lines_of, node_of
from tributary.assets.meetup.partitions import days_between
from tributary.assets.meetup.raw_assets import today
from tributary.assets.meetup.snapshots import take_snapshot
from tributary.assets.meetup.standin.views import event_token
from tributary.assets.meetup.standin.world import World


def expected(bench: Bench, first: date, last: date) -> dict[date, set[str]]:
    """What the world says happened on each day, of the groups that the snapshot holds."""
    world: World = bench.simulator.simulation.world
    known = {node_of(line)["id"] for line in lines_of(bench.lake.get(group_key(today())))}
    days: dict[date, set[str]] = {day: set() for day in days_between(first, last)}
    for group in world.groups:
        if group.id not in known:
            continue
        for meeting in world.timeline(group, NOW).meetings:
            if meeting.start.date() in days and meeting.created <= NOW.timestamp():
                days[meeting.start.date()].add(event_token(meeting))
    return days


def test_each_event_is_in_the_object_of_the_day_on_which_it_began_where_it_was(bench: Bench) -> None:
    first, last = date(2018, 1, 1), date(2018, 12, 31)
    assert bench.run(first, last).success
    found = {day: bench.tokens(day) for day in days_between(first, last)}
    assert found == expected(bench, first, last)
    assert sum(map(len, found.values())) > 300


def test_a_group_with_londons_clock_has_its_events_on_londons_days(bench: Bench, world: World) -> None:
    # The days on which London's clocks were changed are among them, and those on which San Francisco's were.
    first, last = date(2018, 3, 1), date(2018, 11, 30)
    bench.run(first, last)
    abroad = {group.id for group in world.groups if group.timezone == "Europe/London"}
    found = [
        (day, datetime.fromisoformat(node["dateTime"]))
        for day in days_between(first, last)
        for node in map(node_of, lines_of(bench.lake.get(event_key(day))))
        if node["group"]["id"] in abroad
    ]
    assert all(start.astimezone(ZoneInfo("Europe/London")).date() == day for day, start in found)
    assert {start.utcoffset() for _, start in found} == {timedelta(0), timedelta(hours=1)}


def test_events_just_before_and_just_after_midnight_are_on_their_own_sides_of_it(bench: Bench, world: World) -> None:
    owls = [group for group in world.groups if group.rhythm.hour in (0, 23)]
    meetings = [
        meeting
        for group in owls
        for meeting in world.timeline(group, NOW).meetings
        if meeting.start.hour in (0, 23) and meeting.created < NOW.timestamp() and meeting.start.year == 2018
    ]
    assert meetings
    for meeting in meetings[:3]:
        day = meeting.start.date()
        # A run of the one day must not lose it, though in UTC it may be another's.
        assert bench.run(day, day).success
        assert event_token(meeting) in bench.tokens(day)


def test_pulling_again_puts_the_same_bytes_and_so_changes_nothing(bench: Bench) -> None:
    first, last = date(2017, 11, 1), date(2018, 2, 28)
    bench.run(first, last)
    before = bench.objects()
    assert len(before) == 120
    again = bench.run(first, last)
    assert bench.objects() == before
    assert metadata_of(again, RAW_EVENTS_KEY)["objects changed"] == 0
    one_by_one = bench.run(date(2017, 12, 5), date(2017, 12, 5))
    assert one_by_one.success
    assert bench.objects() == before


def test_days_without_events_have_an_empty_object_and_days_outside_the_range_have_none(bench: Bench) -> None:
    bench.run("2018-12-20", "2018-12-31")
    objects = bench.objects()
    assert sorted(objects) == [event_key(day) for day in days_between(date(2018, 12, 20), date(2018, 12, 31))]
    assert objects[event_key(date(2018, 12, 25))] == b""


def test_calls_grow_with_groups_years_and_pages_and_not_with_days(bench: Bench) -> None:
    year = bench.run("2018-01-01", "2018-12-31")
    calls = metadata_of(year, RAW_EVENTS_KEY)["calls"]
    groups = metadata_of(year, RAW_EVENTS_KEY)["groups"]
    events = metadata_of(year, RAW_EVENTS_KEY)["events pulled"]
    assert calls <= groups + events / 50 + 1
    day = metadata_of(bench.run("2018-06-05", "2018-06-05"), RAW_EVENTS_KEY)
    assert day["calls"] <= groups
    assert day["days pulled"] == 1


def test_the_look_back_picks_up_guests_who_were_counted_after_the_event(bench: Bench) -> None:
    day = date(2018, 12, 11)
    bench.go_to(datetime(2018, 12, 12, 2, tzinfo=UTC))
    bench.run(day, day)
    early = bench.objects()[event_key(day)]
    bench.go_to(datetime(2018, 12, 20, tzinfo=UTC))
    changed = metadata_of(bench.run(day - timedelta(days=2), day), RAW_EVENTS_KEY)["objects changed"]
    late = bench.objects()[event_key(day)]
    assert late != early
    assert changed == 3
    statuses = {node_of(line)["status"] for line in lines_of(late)}
    assert "ACTIVE" in {node_of(line)["status"] for line in lines_of(early)}
    assert "ACTIVE" not in statuses


def test_of_a_group_that_is_gone_the_events_of_before_stay(bench: Bench, world: World) -> None:
    leaving = next(group for group in world.groups if group.vanishes and group.closes is not None)
    assert leaving.closes is not None
    last = leaving.closes - timedelta(days=1)
    first = last - timedelta(days=120)
    bench.go_to(datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(hours=12))
    bench.run(first, last - timedelta(days=1))
    kept = bench.objects()
    ours = [line for data in kept.values() for line in lines_of(data) if node_of(line)["group"]["id"] == leaving.id]
    assert ours
    bench.go_to(datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=90))
    result = bench.run(first, last - timedelta(days=1))
    still = [line for data in bench.objects().values() for line in lines_of(data)]
    assert set(ours) <= set(still)
    assert leaving.urlname in str(metadata_of(result, RAW_GROUPS_KEY)["groups gone"])


def test_the_snapshot_is_sorted_and_known_groups_are_remembered(bench: Bench) -> None:
    result = bench.run("2018-12-31", "2018-12-31")
    ids = [node_of(line)["id"] for line in lines_of(bench.lake.get(group_key(today())))]
    assert ids == sorted(ids, key=lambda one: (len(one), one))
    assert set(node_of(bench.lake.get(KNOWN_GROUPS))) == set(ids)
    before = bench.lake.get(group_key(today()))
    bench.run("2018-12-31", "2018-12-31")
    assert bench.lake.get(group_key(today())) == before
    assert metadata_of(result, RAW_GROUPS_KEY)["dagster/row_count"] == len(ids)


def test_a_group_that_no_search_finds_any_more_is_still_looked_at(bench: Bench) -> None:
    bench.run("2018-12-31", "2018-12-31")
    everybody = {node_of(line)["id"] for line in lines_of(bench.lake.get(group_key(today())))}
    meetup = bench.searching("rust")
    taken = take_snapshot(meetup.client(), meetup.search, bench.lake, today())
    assert taken.groups == len(everybody)
    assert {node_of(line)["id"] for line in lines_of(bench.lake.get(group_key(today())))} == everybody


def test_no_events_are_pulled_before_groups_are_known(bench: Bench) -> None:
    result = bench.run("2018-12-31", "2018-12-31", (RAW[1],))
    assert not result.success
    assert "materialise raw.json_meetup_groups first" in str(failure_of(result))
