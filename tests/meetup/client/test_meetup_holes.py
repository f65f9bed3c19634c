"""Answers that are whole in part, or not true: what is given is used, what is not is named, and nothing is made up."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.meetup.client.conftest import ClientOf, FakeClock, ScriptedServer
from tests.meetup.failing import FaultySimulation
from tests.meetup.faults import OF_TOKEN, Fault, FaultPlan, GroupFault

from tributary.assets.meetup.api.errors import (
    MeetupContradictionError,
    MeetupError,
    MeetupForbiddenError,
    MeetupGroupGoneError,
    MeetupOtherGroupError,
    MeetupTokenError,
    MeetupUnavailableError,
)
from tributary.assets.meetup.api.search import Search
from tributary.assets.meetup.api.sizes import PageSize
from tributary.assets.meetup.standin.root import Caps
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.world import World

BEGINNING, END = datetime(2008, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
PLACE = (37.77, -122.42, 60.0)


def node(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "token": name, "dateTime": "2018-01-01T10:00:00Z", **more}


def events(edges: list[Any], total: int | None = None, more: bool = False, cursor: str = "", **root: Any) -> Any:
    """An answer to the question for events of group 1; `root` are keys beside the data."""
    page = {"edges": edges, "totalCount": total, "pageInfo": {"hasNextPage": more, "endCursor": cursor}}
    return {"data": {"group": {"id": "1", "events": page}}, **root}


def edges(*names: str) -> list[Any]:
    return [{"node": node(name)} for name in names]


def failed(*path: Any) -> dict[str, Any]:
    return {"message": "Exception while fetching data", "path": ["group", *path], "extensions": {"classification": "X"}}


@pytest.mark.parametrize("count", [2, 13])
def test_a_page_that_gives_less_than_it_counts_is_asked_for_again_and_then_an_error(
    scripted: ScriptedServer, client_of: ClientOf, count: int
) -> None:
    scripted.answers(events(edges("a"), count))
    client = client_of(scripted.url)
    with pytest.raises(MeetupContradictionError, match=f"counts {count} events of the group 1 and gives 1"):
        client.events("1", BEGINNING, END)
    assert client.calls == 3
    scripted.answers(events([], 1), events(edges("a"), 1))
    assert [one["id"] for one in client_of(scripted.url).events("1", BEGINNING, END).nodes] == ["a"]


def test_a_page_that_ends_before_its_count_is_not_the_last_one(scripted: ScriptedServer, client_of: ClientOf) -> None:
    first, last = events(edges("a", "b"), 5, more=True, cursor="x"), events([], 0)
    scripted.script = lambda asked: (200, {}, json.dumps(last if asked["variables"]["after"] else first).encode())
    with pytest.raises(MeetupContradictionError):
        client_of(scripted.url).events("1", BEGINNING, END)


def test_pages_that_count_themselves_and_always_promise_more_end_with_an_empty_one(
    scripted: ScriptedServer, client_of: ClientOf
) -> None:
    scripted.answers(
        events(edges("a", "b"), 2, more=True, cursor="x"),
        events(edges("c"), 1, more=True, cursor="y"),
        events([], 0, more=True),
    )
    client = client_of(scripted.url)
    assert [one["id"] for one in client.events("1", BEGINNING, END).nodes] == ["a", "b", "c"]
    assert client.calls == 3


def test_what_another_group_answers_is_never_taken(scripted: ScriptedServer, client_of: ClientOf) -> None:
    other = {"data": {"group": {"id": "777", "events": events([], 0)["data"]["group"]["events"]}}}
    scripted.answers(other)
    with pytest.raises(MeetupOtherGroupError, match="answered for the group 777"):
        client_of(scripted.url).events("1", BEGINNING, END)
    scripted.answers({"data": {"group": {"id": "777", "urlname": "stranger"}}})
    with pytest.raises(MeetupOtherGroupError, match="answered for the group 777"):
        client_of(scripted.url).group("1")
    assert {request["variables"]["id"] for request in scripted.requests} == {"1"}


def test_one_failed_field_is_named_and_everything_else_is_given(scripted: ScriptedServer, client_of: ClientOf) -> None:
    given_edges = [{"node": node("a")}, {"node": node("b", featuredEventPhoto=None)}]
    error = failed("events", "edges", 1, "node", "featuredEventPhoto")
    scripted.answers(events(given_edges, 2, errors=[error]))
    client = client_of(scripted.url)
    found = client.events("1", BEGINNING, END)
    assert [one["id"] for one in found.nodes] == ["a", "b"]
    assert (found.failed, found.holes) == ({"b": ("featuredEventPhoto",)}, 0)
    # It may be well the next time, so it is asked for again, but not for ever.
    assert client.calls == 3
    scripted.answers({"data": {"group": {"id": "1", "stats": None}}, "errors": [failed("stats", "memberCounts")]})
    answer = client_of(scripted.url).group("1")
    assert answer is not None
    assert answer.failed == ("stats",)


@pytest.mark.parametrize("hole", [None, {"node": None}, {}, {"node": {"title": "no id"}}])
def test_a_null_edge_is_a_hole_beside_events_that_are_given(
    scripted: ScriptedServer, client_of: ClientOf, hole: Any
) -> None:
    scripted.answers(events([*edges("a"), hole, *edges("b")], 3, errors=[failed("events", "edges", 1, "node")]))
    found = client_of(scripted.url).events("1", BEGINNING, END)
    assert [one["id"] for one in found.nodes] == ["a", "b"]
    assert found.holes == 1


def test_an_error_that_names_no_place_leaves_nothing_to_trust(scripted: ScriptedServer, client_of: ClientOf) -> None:
    scripted.answers(events(edges("a"), 1, errors=[{"message": "something is missing"}]))
    with pytest.raises(MeetupUnavailableError, match="something is missing"):
        client_of(scripted.url).events("1", BEGINNING, END)


def _refusal(**extensions: str) -> Any:
    return {"data": None, "errors": [{"message": "Invalid cursor", "extensions": extensions}]}


@pytest.mark.parametrize(
    "lost",
    [
        _refusal(code="BAD_USER_INPUT"),
        _refusal(classification="ValidationError"),
        {"errors": [{"message": "The page token is invalid or has expired"}]},
        {"data": {"group": None}},
    ],
)
def test_pages_begin_again_where_a_cursor_does_not_hold_any_more(
    scripted: ScriptedServer, client_of: ClientOf, lost: Any
) -> None:
    first = events(edges("a"), 2, more=True, cursor="old")
    again = events(edges("a"), 2, more=True, cursor="new")
    scripted.answers(first, lost, again, events(edges("b"), 2))
    client = client_of(scripted.url)
    assert [one["id"] for one in client.events("1", BEGINNING, END).nodes] == ["a", "b"]
    assert client.calls == 4
    scripted.answers({"data": {"group": None}})
    with pytest.raises(MeetupGroupGoneError):
        client_of(scripted.url).events("1", BEGINNING, END)


def _search_page(names: list[str], cursor: str) -> Any:
    nodes = [{"node": {"id": name, "urlname": name, "lat": PLACE[0], "lon": PLACE[1]}} for name in names]
    page = {"edges": nodes, "totalCount": len(names), "pageInfo": {"hasNextPage": True, "endCursor": cursor}}
    return {"data": {"groupSearch": page}}


@pytest.mark.parametrize("last", [_search_page([], ""), _search_page([], "Mg=="), _search_page(["2"], "Mg==")])
def test_a_search_ends_with_an_empty_page_or_with_nothing_new(
    scripted: ScriptedServer, client_of: ClientOf, last: Any
) -> None:
    scripted.answers(_search_page(["1"], "MQ=="), _search_page(["2"], "Mg=="), last)
    client = client_of(scripted.url)
    found = client.search_groups(Search(("python",), *PLACE))
    assert [group["id"] for group in found.groups] == ["1", "2"]
    assert (found.capped, found.failed, client.calls) == ((), {}, 3)


def test_one_topic_that_fails_stops_no_other(scripted: ScriptedServer, client_of: ClientOf) -> None:
    def script(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if request["variables"]["filter"]["query"] == "bad":
            return 500, {}, b""
        return 200, {}, json.dumps(_search_page([] if request["variables"]["after"] else ["1"], "MQ==")).encode()

    scripted.script = script
    found = client_of(scripted.url).search_groups(Search(("bad", "good"), *PLACE))
    assert [group["id"] for group in found.groups] == ["1"]
    assert list(found.failed) == ["bad"]
    with pytest.raises(MeetupUnavailableError):
        client_of(scripted.url).search_groups(Search(("bad",), *PLACE))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(largest=st.integers(1, 60), page=st.sampled_from([1, 7, 50]))
def test_pages_shrink_until_the_server_can_give_them_and_no_event_is_lost(
    simulator: RunningSimulator, client_of: ClientOf, largest: int, page: int
) -> None:
    group = simulator.simulation.world.groups[0].id
    simulator.simulation.faults.follow(FaultPlan())
    expected = client_of(simulator.url).events(group, BEGINNING, datetime(2009, 1, 1, tzinfo=UTC))
    simulator.simulation.faults.follow(FaultPlan(largest_page=largest))
    found = client_of(simulator.url, page_size=page).events(group, BEGINNING, datetime(2009, 1, 1, tzinfo=UTC))
    simulator.simulation.faults.follow(FaultPlan())
    assert found == expected


def test_a_page_size_that_did_not_work_is_tried_again_more_and_more_seldom() -> None:
    sizes, asked = PageSize(50), []
    for _ in range(200):
        attempt = 1
        while sizes.of_attempt(attempt) > 20:
            asked.append(50)
            attempt += 1
        asked.append(sizes.of_attempt(attempt))
        sizes.worked(asked[-1])
    assert set(asked) == {50, 20}
    assert asked[:3] == [50, 50, 20]
    tries = [place for place, size in enumerate(asked) if size == 50 and asked[place - 1] == 20]
    assert all(later - earlier < 400 for earlier, later in itertools.pairwise(tries))
    assert 2 <= len(tries) <= 5


def test_a_page_size_grows_back_where_the_trouble_has_passed() -> None:
    sizes = PageSize(50)
    sizes.worked(5)
    for _ in range(60):
        sizes.worked(sizes.of_attempt(1))
    assert sizes.of_attempt(1) == 50


_UNAUTHENTICATED = {"message": "x", "path": ["group", "stats"], "extensions": {"code": "UNAUTHENTICATED"}}


@pytest.mark.parametrize("fault", OF_TOKEN)
def test_every_form_of_a_refused_token_says_so_at_once(
    simulator: RunningSimulator, client_of: ClientOf, fault: Fault
) -> None:
    client = client_of(simulator.url)
    simulator.simulation.faults.follow(FaultPlan(fraction=1.0, kinds=(fault,)))
    try:
        with pytest.raises(MeetupTokenError, match="renew TRIBUTARY_MEETUP_TOKEN"):
            client.group("1200000")
    finally:
        simulator.simulation.faults.follow(FaultPlan())
    assert client.calls == 1


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (401, {}, ""),
        (403, {}, "<html>forbidden</html>"),
        (400, {"WWW-Authenticate": 'Bearer error="invalid_token"'}, ""),
        (400, {}, '{"error": "invalid_token", "error_description": "expired"}'),
        (400, {}, '{"error": {"code": "invalid_client"}}'),
        (200, {}, '{"code": "auth_fail", "problem": "Not authorized"}'),
        (200, {}, '{"data": null, "errors": [{"message": "Access token has expired"}]}'),
        (200, {}, '{"data": null, "errors": [{"message": "no", "extensions": {"classification": "UNAUTHENTICATED"}}]}'),
        (200, {}, '{"data": null, "errors": [{"message": "401 UNAUTHORIZED", "path": ["group"]}]}'),
        (200, {}, json.dumps({"data": {"group": {"id": "1"}}, "errors": [_UNAUTHENTICATED]})),
        (307, {"Location": "/authorize?next=x"}, ""),
        (200, {"Content-Type": "text/html"}, "<title>Sign in</title>"),
    ],
)  # fmt: skip
def test_a_refused_token_is_known_in_any_words(
    scripted: ScriptedServer, client_of: ClientOf, status: int, headers: dict[str, str], body: str
) -> None:
    scripted.script = lambda _request: (status, headers, body.encode())
    client = client_of(scripted.url)
    with pytest.raises(MeetupTokenError):
        client.group("1")
    assert client.calls == 1


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (429, {}, ""),
        (429, {"Retry-After": "7"}, ""),
        (503, {"Retry-After": "7"}, ""),
        (200, {}, '{"errors": [{"message": "429 TOO_MANY_REQUESTS", "path": ["group"]}], "data": {"group": null}}'),
        (200, {}, '{"errors": [{"message": "x", "extensions": {"code": "RATE_LIMITED", "resetAt": "soon"}}]}'),
        (403, {}, '{"errors": [{"message": "x", "extensions": {"classification": "RATE_LIMITED"}}]}'),
    ],
)
def test_every_form_of_a_rate_limit_is_waited_for(
    scripted: ScriptedServer, client_of: ClientOf, clock: FakeClock, status: int, headers: dict[str, str], body: str
) -> None:
    answers = [(status, headers, body.encode()), (200, {}, b'{"data": {"group": {"id": "1"}}}')]
    scripted.script = lambda _request: answers.pop(0)
    assert client_of(scripted.url).group("1") is not None
    assert 5 <= sum(clock.slept) <= 7.1


def test_the_words_of_other_failures_never_blame_the_token(scripted: ScriptedServer, client_of: ClientOf) -> None:
    """Wrong advice is worse than none."""
    for body in (
        {"data": {"group": None}, "errors": [failed()]},
        {
            "data": {"group": None},
            "errors": [{"message": "no", "path": ["group"], "extensions": {"code": "FORBIDDEN"}}],
        },
        {"data": None, "errors": [{"message": "no such field", "extensions": {"classification": "ValidationError"}}]},
        {"data": {"group": None}, "errors": [{"message": "Invalid page token", "path": ["group", "events"]}]},
    ):
        scripted.answers(body)
        with pytest.raises(MeetupError) as caught:
            client_of(scripted.url).events("1", BEGINNING, END)
        assert not isinstance(caught.value, MeetupTokenError)
        assert "renew" not in str(caught.value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fault=st.sampled_from(list(GroupFault)),
    page=st.sampled_from([3, 20, 50]),
    which=st.integers(0, 4),
)
def test_whatever_fails_no_event_is_made_up_and_none_is_missing_without_a_word(
    client_of: ClientOf, fault: GroupFault, page: int, which: int
) -> None:
    world = World(seed=3, groups=5)
    group = world.groups[which].id
    with RunningSimulator(FaultySimulation(world, now=END, caps=Caps(page=page))) as simulator:
        whole = client_of(simulator.url).events(group, BEGINNING, END)
        simulator.simulation.faults.follow(FaultPlan(groups={group: fault}))
        try:
            found = client_of(simulator.url).events(group, BEGINNING, END)
        except (MeetupContradictionError, MeetupForbiddenError, MeetupOtherGroupError, MeetupUnavailableError):
            # In a sentence of its own, and of this group alone.
            return
    ids = {one["id"] for one in whole.nodes}
    assert {one["id"] for one in found.nodes} <= ids
    assert len(found.nodes) + found.holes >= len(ids)
    told = {one["id"]: one for one in whole.nodes}
    for one in found.nodes:
        differing = {name for name in one if one[name] != told[one["id"]][name]}
        assert differing <= {*found.failed.get(one["id"], ()), *(["dateTime"] if fault is GroupFault.ODD_TIME else [])}


def test_a_search_of_the_simulator_ends_with_an_empty_page(simulator: RunningSimulator, client_of: ClientOf) -> None:
    client = client_of(simulator.url)
    found = client.search_groups(Search(("python",), *PLACE))
    assert found.groups
    assert (found.capped, found.failed) == ((), {})
    # One page with groups, and one that is empty.
    assert client.calls == 2
