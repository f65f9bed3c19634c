"""What the client brings back from a (simulated) Meetup that works."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tributary.assets.meetup.api.client import MARGIN, MeetupClient, local_date
from tributary.assets.meetup.api.errors import MeetupGroupGoneError, MeetupUsageError
from tributary.assets.meetup.api.queries import QUERIES, Query
from tributary.assets.meetup.api.search import Search
from tributary.assets.meetup.standin.root import Caps
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.server import Simulation
from tributary.assets.meetup.standin.views import event_token
from tributary.assets.meetup.standin.world import World

BAY = Search(("python", "data science", "hiking", "technology"), 37.77, -122.42, 60)
BEGINNING = datetime(2008, 1, 1, tzinfo=UTC)


def _first_id(simulator: RunningSimulator) -> str:
    return simulator.simulation.world.groups[0].id


def test_a_search_brings_each_group_once_sorted_by_id(client: MeetupClient) -> None:
    found = client.search_groups(BAY)
    ids = [group["id"] for group in found.groups]
    assert ids == sorted(set(ids), key=int)
    assert found.capped == ()
    assert {group["topicCategory"]["name"] for group in found.groups} == {"Technology", "Sports & Fitness"}
    assert all(group["stats"]["memberCounts"]["all"] > 0 for group in found.groups)
    assert client.search_groups(BAY) == found


def test_topics_add_up(client: MeetupClient) -> None:
    apart = [client.search_groups(Search((topic,), BAY.lat, BAY.lon, BAY.radius_miles)) for topic in BAY.topics]
    together = {group["id"] for found in apart for group in found.groups}
    assert {group["id"] for group in client.search_groups(BAY).groups} == together


def test_a_capped_search_is_narrowed_until_nothing_is_lost(client_of: Any) -> None:
    world = World(seed=5, groups=150)
    with RunningSimulator(Simulation(world, now=datetime(2019, 1, 1, tzinfo=UTC))) as simulator:
        whole = client_of(simulator.url).search_groups(BAY)
        simulator.simulation.caps = Caps(page=7, search=20)
        simulator.simulation.now = datetime(2019, 1, 1, 0, 0, 1, tzinfo=UTC)
        narrowed = client_of(simulator.url, search_cap=20).search_groups(BAY)
    assert len(whole.groups) > 40
    assert narrowed.capped == ()
    assert {group["id"] for group in narrowed.groups} == {group["id"] for group in whole.groups}


def test_a_search_that_stays_capped_says_so(client_of: Any) -> None:
    world = World(seed=5, groups=60)
    with RunningSimulator(Simulation(world, now=datetime(2019, 1, 1, tzinfo=UTC), caps=Caps(search=1))) as simulator:
        found = client_of(simulator.url, search_cap=1).search_groups(Search(("python",), BAY.lat, BAY.lon, 60))
    assert found.capped == ("python",)
    assert found.groups


def test_a_group_is_given_as_it_is_now(simulator: RunningSimulator, client: MeetupClient) -> None:
    answer = client.group(_first_id(simulator))
    assert answer is not None
    assert answer.whole
    group = answer.node
    assert group["id"] == _first_id(simulator)
    assert group["timezone"] == "America/Los_Angeles"
    assert group["foundedDate"].startswith("2008-01-01T")


def test_a_group_that_is_gone_is_none_and_its_events_are_an_error(client: MeetupClient) -> None:
    assert client.group("never-was") is None
    with pytest.raises(MeetupGroupGoneError, match="never-was"):
        client.events("never-was", BEGINNING, datetime(2019, 1, 1, tzinfo=UTC))


def test_ten_years_of_events_take_a_call_for_each_page_and_lose_none(
    simulator: RunningSimulator, client: MeetupClient
) -> None:
    world, now = simulator.simulation.world, datetime(2019, 1, 1, tzinfo=UTC)
    group = world.groups[0]
    happened = [m for m in world.timeline(group, now).meetings if m.starts < now.timestamp()]
    events = client.events(group.id, BEGINNING, now - MARGIN).nodes
    assert [event["token"] for event in events] == [event_token(meeting) for meeting in happened]
    assert client.calls == -(-len(events) // 50)
    assert {"PAST", "CANCELLED", "CANCELLED_PERM", "AUTOSCHED_FINISHED"} >= {event["status"] for event in events}
    assert {event["status"] for event in events} >= {"PAST", "CANCELLED"}


@pytest.mark.parametrize("years", [range(2008, 2019)])
def test_a_range_is_the_sum_of_its_parts(simulator: RunningSimulator, client: MeetupClient, years: range) -> None:
    group_id = _first_id(simulator)
    whole = client.events(group_id, BEGINNING, datetime(2019, 1, 1, tzinfo=UTC)).nodes
    parts: dict[str, Any] = {}
    for year in years:
        for event in client.events(
            group_id, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        ).nodes:
            parts[event["id"]] = event
    assert parts == {event["id"]: event for event in whole}


def test_a_day_more_is_asked_for_so_that_every_local_day_is_whole(client_of: Any) -> None:
    """Night owls meet at 23:30 or 00:15 in California, when it is another day in UTC."""
    world = World(seed=3, groups=4)
    owls = world.groups[3]
    assert owls.rhythm.hour in (23, 0)
    now = datetime(2019, 1, 1, tzinfo=UTC)
    meetings = [m for m in world.timeline(owls, now).meetings if m.start.year == 2018 and m.starts < now.timestamp()]
    with RunningSimulator(Simulation(world, now=now)) as simulator:
        client = client_of(simulator.url)
        for meeting in meetings[:12]:
            day = meeting.start.date()
            begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
            events = client.events(owls.id, begin, begin + timedelta(days=1)).nodes
            assert event_token(meeting) in {event["token"] for event in events if local_date(event) == day}


def test_events_come_in_order_of_time(simulator: RunningSimulator, client: MeetupClient) -> None:
    events = client.events(_first_id(simulator), BEGINNING, datetime(2019, 6, 1, tzinfo=UTC)).nodes
    starts = [datetime.fromisoformat(event["dateTime"]) for event in events]
    assert all(earlier <= later for earlier, later in itertools.pairwise(starts))


def test_announced_events_come_too_and_are_told_apart(simulator: RunningSimulator, client: MeetupClient) -> None:
    now = datetime(2019, 1, 1, tzinfo=UTC)
    groups = [group for group in simulator.simulation.world.groups if client.group(group.id)]
    events = [
        event
        for group in groups
        for event in client.events(group.id, now - timedelta(days=30), now + timedelta(days=60)).nodes
    ]
    by_status = {event["status"]: event for event in events}
    assert datetime.fromisoformat(by_status["ACTIVE"]["dateTime"]) > now - timedelta(days=1)
    assert datetime.fromisoformat(by_status["PAST"]["endTime"] or by_status["PAST"]["dateTime"]) <= now


def test_a_moment_without_a_zone_is_refused(client: MeetupClient) -> None:
    with pytest.raises(MeetupUsageError, match="no time zone"):
        client.events("any", datetime(2008, 1, 1), datetime(2009, 1, 1, tzinfo=UTC))  # noqa: DTZ001
    assert client.calls == 0


@pytest.mark.parametrize(
    ("topics", "lat", "lon", "radius"),
    [((), 0, 0, 1), ((" ",), 0, 0, 1), (("a",), 91, 0, 1), (("a",), 0, 181, 1), (("a",), 0, 0, 0), (("a",), 0, 0, 251)],
)
def test_an_impossible_search_is_refused(topics: tuple[str, ...], lat: float, lon: float, radius: float) -> None:
    with pytest.raises(MeetupUsageError):
        Search(topics, lat, lon, radius)


def test_only_queries_are_ever_sent() -> None:
    from graphql import OperationDefinitionNode, OperationType, parse

    for query in QUERIES:
        operations = [d for d in parse(query.text).definitions if isinstance(d, OperationDefinitionNode)]
        assert [operation.operation for operation in operations] == [OperationType.QUERY]
    with pytest.raises(MeetupUsageError):
        Query("closeEventRsvps", "mutation M { closeEventRsvps { event { id } } }")


def test_local_date_is_the_date_where_the_event_is() -> None:
    assert str(local_date({"id": "1", "dateTime": "2019-09-21T00:15:00+01:00"})) == "2019-09-21"
    assert str(local_date({"id": "1", "dateTime": "2019-09-21T00:15+01:00[Europe/London]"})) == "2019-09-21"
    assert local_date({"id": "1", "dateTime": None}) is None
    with pytest.raises(MeetupUsageError, match="'soon'"):
        local_date({"id": "1", "dateTime": "soon"})
