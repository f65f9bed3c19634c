"""One bad group, event, time or name harms only itself: the others are pulled, and nothing is taken away unasked."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.meetup.faults import FaultPlan, GroupFault
from tests.meetup.pipeline.running import (
    RAW,
    RAW_EVENTS_KEY,
    STAGED,
    Bench,
    check_of,
    failure_of,
    load_days,
)

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.meetup.arrivals import UNDATED_EVENTS, UNREACHED_GROUPS, VANISHED_EVENTS, event_key, group_key
from tributary.assets.meetup.canonical import joined, line_of, lines_of, node_of
from tributary.assets.meetup.raw_assets import EVERY_EVENT_HAS_A_DAY, EVERY_GROUP_ANSWERED, NO_EVENT_DISAPPEARED, today
from tributary.assets.meetup.snapshots import present_groups, take_snapshot
from tributary.assets.meetup.tables import EVENTS
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

FIRST, LAST = date(2018, 3, 1), date(2018, 5, 31)
HARMLESS = (
    GroupFault.FORBIDDEN,
    GroupFault.NOT_FOUND,
    GroupFault.UNDERCOUNT,
    GroupFault.OTHER_GROUP,
    GroupFault.BROKEN,
)


def events_of(bench: Bench, group: str) -> dict[str, bytes]:
    """A group's lines in the objects, by token."""
    lines = [line for data in bench.objects().values() for line in lines_of(data)]
    nodes = [(node_of(line), line) for line in lines]
    return {node["token"]: line for node, line in nodes if node["group"]["id"] == group}


def busy(bench: Bench) -> str:
    """The id of a group with events in the range."""
    world = bench.simulator.simulation.world
    return next(group.id for group in world.groups if len(events_of(bench, group.id)) > 4)


def told(result: Any, name: str) -> str:
    """All that a check of the events told."""
    found = [one for one in result.get_asset_check_evaluations() if one.check_name == name]
    return json.dumps({key: str(value.value) for key, value in found[-1].metadata.items()})


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_bad_group_keeps_its_rows_and_all_others_are_pulled(bench: Bench, fault: GroupFault) -> None:
    bench.go_to(datetime(2018, 4, 15, tzinfo=UTC))
    assert bench.run(FIRST, LAST).success
    bad = busy(bench)
    mine, before = events_of(bench, bad), bench.objects()
    bench.go_to(datetime(2018, 7, 1, tzinfo=UTC))
    bench.faults(FaultPlan(groups={bad: fault}))
    result = bench.run(FIRST, LAST)
    assert result.success
    assert events_of(bench, bad) == mine
    assert bench.objects() != before
    assert not check_of(result, EVERY_GROUP_ANSWERED, RAW_EVENTS_KEY)
    name = next(group.urlname for group in bench.simulator.simulation.world.groups if group.id == bad)
    assert name in told(result, EVERY_GROUP_ANSWERED)
    assert check_of(result, NO_EVENT_DISAPPEARED, RAW_EVENTS_KEY)
    bench.faults(FaultPlan())
    healed = bench.run(FIRST, LAST)
    assert check_of(healed, EVERY_GROUP_ANSWERED, RAW_EVENTS_KEY)
    assert events_of(bench, bad) != mine


@pytest.mark.parametrize("fault", [GroupFault.FAILED_FIELD, GroupFault.NULL_EDGE])
def test_what_of_a_group_could_not_be_had_stays_as_it_was(bench: Bench, fault: GroupFault) -> None:
    bench.run(FIRST, LAST)
    bad, before = busy(bench), bench.objects()
    bench.faults(FaultPlan(groups={bad: fault}))
    result = bench.run(FIRST, LAST)
    assert result.success
    assert bench.objects() == before
    assert not check_of(result, EVERY_GROUP_ANSWERED, RAW_EVENTS_KEY)


def test_days_of_which_nobody_told_anything_do_not_count_as_pulled(bench: Bench) -> None:
    bench.run(FIRST, FIRST)
    everybody = [group.id for group in bench.simulator.simulation.world.groups]
    bench.faults(FaultPlan(groups=dict.fromkeys(everybody, GroupFault.UNDERCOUNT)))
    result = bench.run(FIRST, LAST, (RAW[1],))
    assert not result.success
    assert "counts 13 events" in failure_of(result)
    assert set(bench.objects()) == {event_key(FIRST)}


def test_groups_that_are_gone_by_the_time_of_the_pull_are_named_and_keep_their_events(bench: Bench) -> None:
    bench.run(FIRST, LAST)
    before = bench.objects()
    bench.go_to(datetime(2007, 1, 1, tzinfo=UTC))
    # Nobody is there yet: that all are gone at once is not believed.
    result = bench.run(FIRST, LAST, (RAW[1],))
    assert "There is no group" in failure_of(result)
    [only] = [group for group in present_groups(bench.lake, today()) if group.id == busy(bench)]
    line = next(line for line in lines_of(bench.lake.get(group_key(today()))) if node_of(line)["id"] == only.id)
    bench.lake.put(group_key(today()), line + b"\n")
    result = bench.run(FIRST, LAST, (RAW[1],))
    assert result.success
    assert only.urlname in told(result, EVERY_GROUP_ANSWERED)
    assert not check_of(result, EVERY_GROUP_ANSWERED, RAW_EVENTS_KEY)
    assert set(events_of(bench, only.id).values()) <= {one for data in before.values() for one in lines_of(data)}


def test_an_event_that_disappears_is_named_and_kept_aside(bench: Bench) -> None:
    bench.run(FIRST, LAST)
    group = busy(bench)
    before = bench.objects()
    day = next(
        day for day in sorted(before) if any(node_of(line)["group"]["id"] == group for line in lines_of(before[day]))
    )
    line = line_of({**node_of(lines_of(before[day])[0]), "token": "deleted", "id": "deleted", "group": {"id": group}})
    held = {node_of(one)["token"]: one for one in lines_of(before[day])} | {"deleted": line}
    bench.lake.put(day, joined(held.items()))
    result = bench.run(FIRST, LAST)
    assert bench.objects() == before
    assert not check_of(result, NO_EVENT_DISAPPEARED, RAW_EVENTS_KEY)
    assert "deleted: 2018-" in told(result, NO_EVENT_DISAPPEARED)
    aside = [lines_of(data) for _, data in bench.lake.get_many([one.key for one in bench.lake.list(VANISHED_EVENTS)])]
    assert aside == [[line]]
    assert check_of(bench.run(FIRST, LAST), NO_EVENT_DISAPPEARED, RAW_EVENTS_KEY)


def test_a_time_that_cannot_be_read_is_kept_whole_and_quarantined(whole_bench: Bench) -> None:
    assert whole_bench.run(FIRST, LAST, (*RAW, *STAGED)).success
    odd = busy(whole_bench)
    mine = events_of(whole_bench, odd)
    whole_bench.faults(FaultPlan(groups={odd: GroupFault.ODD_TIME}))
    result = whole_bench.run(FIRST, LAST, (*RAW, *STAGED))
    assert result.success
    [line] = lines_of(whole_bench.lake.get(UNDATED_EVENTS))
    assert node_of(line)["dateTime"] == "next Tuesday"
    assert node_of(line)["token"] in mine
    assert whole_bench.warehouse is not None
    kept = whole_bench.warehouse.rows("SELECT source, raw_text, reason FROM quarantine.rejected_rows")
    assert [tuple(row.values()) for row in kept] == [(UNDATED_EVENTS, line.decode(), "its dateTime is no time")]
    assert not check_of(result, EVERY_EVENT_HAS_A_DAY, RAW_EVENTS_KEY)
    assert not check_of(result, "no_rejects", asset_key(EVENTS.key))
    whole_bench.faults(FaultPlan())
    result = whole_bench.run(FIRST, LAST, (*RAW, *STAGED))
    assert check_of(result, "no_rejects", asset_key(EVENTS.key))
    assert events_of(whole_bench, odd) == mine


def test_a_time_with_its_zone_in_brackets_is_read(bench: Bench, warehouse: PostgresWarehouse) -> None:
    node = {
        "id": "1",
        "token": "a",
        "title": "A",
        "status": "AUTOSCHED_FINISHED",
        "maxTickets": 0,
        "dateTime": "2018-03-11T19:00-07:00[America/Los_Angeles]",
        "group": {"id": "1", "urlname": "a"},
    }
    bench.lake.put(event_key(date(2018, 3, 11)), line_of(node) + b"\n")
    load_days(warehouse, bench.lake, EVENTS, date(2018, 3, 11), date(2018, 3, 11))
    [row] = warehouse.rows("SELECT starts_at, utc_offset_minutes, max_tickets, status FROM staged.meetup_events")
    starts_at = datetime(2018, 3, 12, 2)  # noqa: DTZ001 - timestamps of the warehouse are in UTC
    assert tuple(row.values()) == (starts_at, -420, None, "AUTOSCHED_FINISHED")


def renamed(bench: Bench) -> Any:
    """A group that takes another name in addresses, and none that is asked for by its topics."""
    return next(group for group in bench.simulator.simulation.world.groups if group.later_urlname)


def test_a_group_is_known_by_its_id_whatever_it_is_called(bench: Bench) -> None:
    group = renamed(bench)
    day = group.names[-1][0]
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    meetup = bench.meetup
    bench.go_to(moment.replace(year=day.year - 1))
    take_snapshot(meetup.client(), meetup.search, bench.lake, today())
    bench.go_to(moment.replace(year=day.year + 1))
    # A search that finds something else: the group has left its topics, and changed its name.
    narrow = bench.searching("hiking").search
    taken = take_snapshot(meetup.client(), narrow, bench.lake, today())
    nodes = {node["id"]: node for node in map(node_of, lines_of(bench.lake.get(group_key(today()))))}
    assert nodes[group.id]["urlname"] == group.later_urlname != group.urlname
    assert group.urlname not in taken.gone


def test_a_stranger_who_takes_a_name_is_not_adopted(bench: Bench) -> None:
    """A server that answers for another group is not believed, whatever it was asked."""
    bench.run(FIRST, FIRST)
    before = lines_of(bench.lake.get(group_key(today())))
    lost = node_of(before[0])["id"]
    narrow = bench.searching("hiking").search
    bench.faults(FaultPlan(groups={lost: GroupFault.OTHER_GROUP}))
    taken = take_snapshot(bench.meetup.client(), narrow, bench.lake, today())
    nodes = {node["id"] for node in map(node_of, lines_of(bench.lake.get(group_key(today()))))}
    assert nodes == {node_of(line)["id"] for line in before} - {lost}
    assert "777" in next(iter(taken.unreached.values()))


def test_a_group_out_of_reach_is_named_and_asked_again_for_itself_and_its_events(bench: Bench) -> None:
    bench.run(FIRST, LAST)
    lost = busy(bench)
    narrow = bench.searching("hiking").search
    bench.faults(FaultPlan(groups={lost: GroupFault.BROKEN}))
    for _ in range(2):
        taken = take_snapshot(bench.meetup.client(), narrow, bench.lake, today())
        assert len(taken.unreached) == 1
    assert [node_of(line)["id"] for line in lines_of(bench.lake.get(UNREACHED_GROUPS))] == [lost]
    [known] = [group for group in present_groups(bench.lake, today()) if group.id == lost]
    assert known.timezone is not None
    bench.faults(FaultPlan())
    taken = take_snapshot(bench.meetup.client(), narrow, bench.lake, today())
    assert (taken.unreached, bench.lake.get(UNREACHED_GROUPS)) == ({}, b"")


def test_a_field_of_a_group_that_could_not_be_had_is_as_it_was_before(bench: Bench) -> None:
    bench.run(FIRST, FIRST)
    before = bench.lake.get(group_key(today()))
    pictured = next(node["id"] for node in map(node_of, lines_of(before)) if node["keyGroupPhoto"])
    narrow = bench.searching("hiking").search
    bench.faults(FaultPlan(groups={pictured: GroupFault.FAILED_FIELD}))
    taken = take_snapshot(bench.meetup.client(), narrow, bench.lake, today())
    assert list(taken.failed_fields.values()) == ["keyGroupPhoto"]
    assert bench.lake.get(group_key(today())) == before
