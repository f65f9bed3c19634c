"""The made-up world: the same for the same seed, full of the disorder of the real one, and turning with time."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.meetup.standin.meeting import Meeting
from tributary.assets.meetup.standin.root import Caps, Root
from tributary.assets.meetup.standin.views import event_id, event_view, group_view
from tributary.assets.meetup.standin.world import SimulatorError, World

NOW = datetime(2019, 1, 1, tzinfo=UTC)
WORLD = World()


def _meetings(world: World, now: datetime = NOW) -> list[Meeting]:
    return [m for group in world.groups for m in world.timeline(group, now).meetings if m.starts < now.timestamp()]


def _group_nodes(now: datetime) -> dict[str, dict[str, Any]]:
    return {group.id: group_view(group, now) for group in WORLD.groups if WORLD.visible(group, now)}


def test_the_first_eleven_years_hold_some_twenty_thousand_events() -> None:
    meetings = _meetings(WORLD)
    assert 15_000 <= len(meetings) <= 25_000
    assert len({meeting.serial for meeting in meetings}) == len(meetings)
    assert set(Counter(meeting.start.year for meeting in meetings)) == set(range(2008, 2019))


def test_the_same_seed_makes_the_same_world_whatever_was_asked_before() -> None:
    another = World(groups=12)
    late = datetime(2026, 5, 5, tzinfo=UTC)
    backwards = [another.timeline(group, late).meetings for group in reversed(another.groups)]
    assert another.groups == WORLD.groups[:12]
    for group, meetings in zip(reversed(another.groups), backwards, strict=True):
        known = WORLD.timeline(group, NOW).meetings
        assert meetings[: len(known)] == known
    assert World(seed=2).groups != WORLD.groups


@pytest.mark.parametrize("groups", [0, -1, 1001])
def test_a_world_needs_groups_and_not_too_many(groups: int) -> None:
    with pytest.raises(SimulatorError):
        World(groups=groups)


def test_it_has_the_surprises_of_the_real_api() -> None:
    nodes = [
        event_view(group, meeting, {}, NOW)
        for group in WORLD.groups
        for meeting in WORLD.timeline(group, NOW).meetings
        if meeting.starts < NOW.timestamp()
    ]
    assert all(isinstance(node["id"], str) for node in nodes)
    assert {"PT2H", "PT7H", "P1D", "PT1H30M", None} <= {node["duration"] for node in nodes}
    assert {0, 1, 2} <= {len(node["venues"] or ()) for node in nodes}
    assert None in {None if node["venues"] is None else 0 for node in nodes}
    assert {None} < {node["feeSettings"] and node["feeSettings"]["currency"] for node in nodes}
    assert {"PAST", "CANCELLED", "CANCELLED_PERM"} <= {node["status"] for node in nodes}
    offsets = {node["dateTime"][-6:] for node in nodes}
    assert {"-08:00", "-07:00", "+00:00", "+01:00"} <= offsets
    venues = [venue for node in nodes for venue in node["venues"] or ()]
    assert {"CA", "California", "", "null"} <= {venue["state"] for venue in venues}
    assert any(not re.fullmatch(r"\d{5}", venue["postalCode"] or "") for venue in venues)
    assert any("<p>" in node["description"] and "🍕" in node["description"] for node in nodes)


def test_some_events_are_on_another_day_in_utc_and_some_as_the_clocks_change() -> None:
    meetings = _meetings(WORLD)
    assert any(m.start.date() != m.start.astimezone(UTC).date() for m in meetings)
    changing = [
        m for m in meetings if m.start.utcoffset() != datetime.fromtimestamp(m.ends, m.start.tzinfo).utcoffset()
    ]
    assert changing
    for meeting in changing[:5]:
        node = event_view(WORLD.groups[0], meeting, {}, NOW)
        if meeting.duration:
            begin, end = (datetime.fromisoformat(node[key]) for key in ("dateTime", "endTime"))
            assert (end - begin).total_seconds() == meeting.ends - meeting.starts


def test_online_events_begin_with_the_lockdown() -> None:
    meetings = _meetings(WORLD, datetime(2022, 1, 1, tzinfo=UTC))
    kinds = {year: Counter(m.kind for m in meetings if m.start.year == year) for year in (2019, 2020, 2021)}
    assert set(kinds[2019]) == {"PHYSICAL"}
    assert kinds[2020]["ONLINE"] > kinds[2020]["PHYSICAL"] > 0
    assert kinds[2021]["HYBRID"] > 0


def test_groups_grow_are_renamed_and_close() -> None:
    early, late = _group_nodes(datetime(2012, 1, 1, tzinfo=UTC)), _group_nodes(datetime(2022, 1, 1, tzinfo=UTC))
    closed = {key for key, node in late.items() if node["status"] == "ORG_CLOSED"}
    assert {late[key]["name"] for key in closed} == {"*** Closed Group ***"}
    assert all(late[key]["isPrivate"] and late[key]["stats"]["memberCounts"]["all"] == 0 for key in closed)
    both = (early.keys() & late.keys()) - closed
    assert all(late[k]["stats"]["memberCounts"]["all"] > early[k]["stats"]["memberCounts"]["all"] * 0.9 for k in both)
    assert any(late[key]["name"] != early[key]["name"] for key in both)
    moved = {key for key in both if late[key]["urlname"] != early[key]["urlname"]}
    assert 0 < len(moved) < len(both) / 2
    assert early.keys() - late.keys(), "some groups are gone"
    assert {"PAID", "ORG_CLOSED"} == {node["status"] for node in late.values()}
    for group in WORLD.groups:
        if group.closes:
            assert all(m.start.date() <= group.closes for m in WORLD.timeline(group, NOW).meetings)


def test_most_groups_are_in_the_bay_and_a_few_far_away() -> None:
    zones = Counter(group.timezone for group in WORLD.groups)
    assert zones["America/Los_Angeles"] > len(WORLD.groups) / 2
    assert {"Europe/London", "US/Pacific"} <= set(zones)


@given(
    group=st.sampled_from([group for group in WORLD.groups if WORLD.timeline(group, NOW).meetings]),
    which=st.integers(0, 10_000),
    days=st.lists(st.integers(-60, 3), min_size=2),
)
@settings(max_examples=60, deadline=None)
def test_rsvps_never_fall_and_are_settled_once_the_event_is_over(group: Any, which: int, days: list[int]) -> None:
    meetings = WORLD.timeline(group, NOW).meetings
    meeting = meetings[which % len(meetings)]
    moments = sorted(meeting.start.astimezone(UTC) + timedelta(days=day) for day in days)
    counts = [event_view(group, meeting, {}, moment)["rsvps"]["yesCount"] for moment in moments]
    assert counts == sorted(counts)
    over = datetime.fromtimestamp(meeting.ends, UTC)
    settled = event_view(group, meeting, {}, over)
    assert settled == event_view(group, meeting, {}, over + timedelta(days=4000))
    assert settled["rsvps"]["attendedCount"] <= max(0, settled["rsvps"]["yesCount"])
    assert settled["id"].isdigit()


def test_the_id_of_a_new_event_of_a_series_changes_and_its_token_does_not() -> None:
    meeting = next(m for m in _meetings(WORLD) if m.recurring and m.starts - m.created > 9 * 86_400)
    assert not event_id(meeting, meeting.created + 60).isdigit()
    assert event_id(meeting, meeting.created + 8 * 86_400).isdigit()


def test_nothing_is_seen_before_it_was_announced() -> None:
    root = Root(WORLD, NOW, Caps(page=1000)).value()
    group = next(g for g in WORLD.groups if not g.closes)
    events = root["groupByUrlname"](None, urlname=group.urlname)["events"](
        None, filter={"afterDateTime": NOW.isoformat(), "status": ["ACTIVE", "CANCELLED"]}, first=1000
    )
    assert events["edges"]
    for edge in events["edges"]:
        assert datetime.fromisoformat(edge["node"]["createdTime"]) <= NOW
    assert root["groupByUrlname"](None, urlname="nobody") is None
