"""How the client lives through failures of every kind, over real HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.meetup.client.conftest import ClientOf, FakeClock, ScriptedServer
from tests.meetup.faults import PASSING, Fault, FaultPlan

from tributary.assets.meetup.api.client import GroupAnswer, MeetupClient
from tributary.assets.meetup.api.errors import (
    MeetupForbiddenError,
    MeetupPagingError,
    MeetupQueryError,
    MeetupQuotaError,
    MeetupTokenError,
    MeetupTransientError,
    MeetupUnavailableError,
    MeetupUsageError,
)
from tributary.assets.meetup.api.search import Search
from tributary.assets.meetup.api.sending import ATTEMPTS
from tributary.assets.meetup.standin.running import RunningSimulator

BEGINNING, END = datetime(2008, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
GROUP = {"data": {"group": {"id": "1", "urlname": "a"}}}


def _error(message: str, path: list[Any] | None = None, **extensions: str) -> dict[str, Any]:
    where = {} if path is None else {"path": path}
    return {"data": {"group": None}, "errors": [{"message": message, **where, "extensions": extensions}]}


@pytest.fixture(autouse=True)
def _healthy_again(request: pytest.FixtureRequest) -> Any:
    yield
    if "simulator" in request.fixturenames:
        request.getfixturevalue("simulator").simulation.faults.follow(FaultPlan())


def _everything(client: MeetupClient) -> Any:
    found = client.search_groups(Search(("python", "data", "cloud", "hiking"), 37.77, -122.42, 60))
    return found, [client.events(group["id"], BEGINNING, END) for group in found.groups]


def test_with_every_tenth_call_failing_the_result_is_the_same(simulator: RunningSimulator, client_of: ClientOf) -> None:
    quiet = client_of(simulator.url)
    expected = _everything(quiet)
    simulator.simulation.faults.follow(FaultPlan(fraction=0.1, seed=11, delay=1.5))
    troubled = client_of(simulator.url, timeout=1.0)
    assert _everything(troubled) == expected
    delivered = simulator.simulation.faults.delivered
    assert len(delivered) >= 4
    # A busy machine may make a time-out of its own.
    assert troubled.calls >= quiet.calls + sum(delivered.values())


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault is not Fault.EXPIRED_CURSOR])
def test_each_passing_fault_is_overcome(simulator: RunningSimulator, client_of: ClientOf, fault: Fault) -> None:
    group = simulator.simulation.world.groups[0].id
    client = client_of(simulator.url, timeout=1.0 if fault is Fault.SLOW else 30.0)
    expected = client.events(group, BEGINNING, END)
    before = client.calls
    simulator.simulation.faults.follow(FaultPlan(upcoming=(fault, fault), delay=1.5))
    assert client.events(group, BEGINNING, END) == expected
    assert client.calls >= 2 * before + 2
    assert simulator.simulation.faults.delivered == {fault.value: 2}


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.ERRORS_BESIDE_DATA, Fault.CUT_OFF, Fault.DROPPED])
def test_a_fault_that_stays_ends_in_one_sentence_and_no_events(
    simulator: RunningSimulator, client: MeetupClient, fault: Fault
) -> None:
    simulator.simulation.faults.follow(FaultPlan(fraction=1.0, kinds=(fault,)))
    with pytest.raises(MeetupUnavailableError, match=f"in {ATTEMPTS} attempts"):
        client.events(simulator.simulation.world.groups[0].id, BEGINNING, END)
    assert client.calls == ATTEMPTS


def test_an_expired_token_fails_at_once(simulator: RunningSimulator, client: MeetupClient) -> None:
    simulator.simulation.faults.follow(FaultPlan(upcoming=(Fault.EXPIRED_TOKEN,)))
    with pytest.raises(MeetupTokenError, match="renew TRIBUTARY_MEETUP_TOKEN"):
        client.group("any")
    assert client.calls == 1


def test_a_wrong_token_fails_at_once(simulator: RunningSimulator, client_of: ClientOf) -> None:
    client = client_of(simulator.url, token="another")
    with pytest.raises(MeetupTokenError):
        client.group("any")
    assert client.calls == 1


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_REQUESTS, Fault.RATE_LIMITED])
def test_all_callers_wait_for_as_long_as_the_server_asks(
    simulator: RunningSimulator, client: MeetupClient, clock: FakeClock, fault: Fault
) -> None:
    simulator.simulation.faults.follow(FaultPlan(upcoming=(fault,), pause=40))
    client.group("any")
    assert sum(clock.slept) == pytest.approx(40, abs=1.5)


def test_a_pause_longer_than_a_run_should_wait_is_an_error(
    simulator: RunningSimulator, client: MeetupClient, clock: FakeClock
) -> None:
    simulator.simulation.faults.follow(FaultPlan(upcoming=(Fault.TOO_MANY_REQUESTS,), pause=3600))
    with pytest.raises(MeetupQuotaError, match="3600 seconds"):
        client.group("any")
    assert (client.calls, clock.slept) == (1, [])


def test_a_server_that_is_not_there_is_named_in_one_sentence(client_of: ClientOf) -> None:
    client = client_of("http://127.0.0.1:9/gql-ext")
    with pytest.raises(MeetupUnavailableError, match="could not be reached"):
        client.group("any")


@pytest.mark.parametrize("url", ["http://api.example.org/gql-ext", "ftp://api.example.org", "api.example.org", ""])
def test_a_token_is_not_sent_in_the_clear(client_of: ClientOf, url: str) -> None:
    with pytest.raises(MeetupUsageError, match="TRIBUTARY_MEETUP_URL"):
        client_of(url)


@pytest.mark.parametrize("token", ["", "two words", "line\n", "tökén"])
def test_a_token_that_cannot_be_one_is_refused(client_of: ClientOf, token: str) -> None:
    with pytest.raises(MeetupTokenError, match="TRIBUTARY_MEETUP_TOKEN"):
        client_of("https://api.example.org/gql-ext", token=token)


@pytest.mark.parametrize(
    ("status", "payload", "error"),
    [
        (400, {"errors": [{"message": "no such field", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}, None),
        (200, {"errors": [{"message": "no", "extensions": {"classification": "ValidationError"}}]}, None),
        (200, {"errors": [{"message": "no", "extensions": {"code": "BAD_USER_INPUT"}}], "data": None}, None),
        (404, {}, None),
        (422, {"errors": [{"message": "odd"}]}, None),
        (302, {}, None),
        (403, {}, MeetupTokenError),
        (200, {"errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}], "data": None}, MeetupForbiddenError),
        (200, _error("no", ["group", "events"], code="FORBIDDEN"), MeetupForbiddenError),
        (403, _error("no", ["group", "events"], code="FORBIDDEN"), MeetupForbiddenError),
        (200, _error("403 FORBIDDEN", ["group"], classification="DataFetchingException"), MeetupForbiddenError),
        (
            200,
            _error("404 NOT_FOUND", ["group", "events"], classification="DataFetchingException"),
            MeetupForbiddenError,
        ),
        (200, _error("no", ["group", "events"], errorType="PERMISSION_DENIED"), MeetupForbiddenError),
    ],
)
def test_a_refusal_is_not_retried(
    scripted: ScriptedServer, client_of: ClientOf, status: int, payload: Any, error: type[Exception] | None
) -> None:
    scripted.script = lambda _request: (status, {"Location": "http://127.0.0.1:9/"}, json.dumps(payload).encode())
    client = client_of(scripted.url)
    with pytest.raises(error or MeetupQueryError):
        client.group("1")
    assert client.calls == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"data": {}},
        {"data": None},
        {"data": {"group": {}}},
        {"data": {"group": []}},
        {"data": {"group": None}, "errors": [{"message": "unlucky"}]},
        {**GROUP, "errors": [{"message": "unlucky"}]},
        {**GROUP, "errors": [{"message": "no stats", "path": ["group", "stats"]}]},
        {**GROUP, "errors": [{"message": "x", "extensions": {"code": "NOT_FOUND"}, "path": ["group", "x"]}]},
        {**GROUP, "errors": [{"message": "x", "extensions": {"code": "NOT_FOUND"}}]},
        {"data": {"group": None}, "errors": "strange"},
        [],
        "text",
    ],
)
def test_half_an_answer_is_asked_for_again(scripted: ScriptedServer, client_of: ClientOf, bad: Any) -> None:
    scripted.answers(bad, GROUP)
    client = client_of(scripted.url)
    assert client.group("1") == GroupAnswer(GROUP["data"]["group"])
    assert client.calls == 2


@pytest.mark.parametrize(
    "gone",
    [
        {"data": {"group": None}},
        {"data": {"group": None}, "errors": [{"message": "x", "extensions": {"code": "NOT_FOUND"}}]},
        {"data": None, "errors": [{"extensions": {"code": "NOT_FOUND"}, "path": ["group"]}]},
        _error("404 NOT_FOUND", ["group"], classification="DataFetchingException"),
        _error("no such group", ["group"], classification="NOT_FOUND"),
    ],
)
def test_a_group_that_meetup_does_not_know_is_gone(scripted: ScriptedServer, client_of: ClientOf, gone: Any) -> None:
    scripted.answers(gone)
    client = client_of(scripted.url)
    assert client.group("1") is None
    assert client.calls == 1


def _events(nodes: list[Any], cursor: str | None, more: bool = True) -> dict[str, Any]:
    page = {"edges": [{"node": node} for node in nodes], "pageInfo": {"hasNextPage": more, "endCursor": cursor}}
    return {"data": {"group": {"id": "1", "events": page}}}


A, B = ({"id": name, "dateTime": f"2018-01-0{k}T10:00:00Z"} for k, name in ((1, "a"), (2, "b")))


@pytest.mark.parametrize(
    ("pages", "sentence"),
    [
        ([_events([A], "x"), _events([B], "x")], "sends none"),
        ([_events([A], "x"), _events([B], "y"), _events([A], "x")], "sends none"),
        ([_events([], "x")], "sends none"),
        ([_events([A], "x"), _events([], "y")], "sends none"),
        ([_events([A], None)], "no cursor"),
        ([_events([A], "")], "no cursor"),
    ],
)
def test_pages_that_lead_nowhere_are_an_error_and_never_the_end(
    scripted: ScriptedServer, client_of: ClientOf, pages: list[Any], sentence: str
) -> None:
    scripted.answers(*pages)
    client = client_of(scripted.url)
    with pytest.raises(MeetupPagingError, match=sentence):
        client.events("1", BEGINNING, END)
    assert client.calls < 12


@pytest.mark.parametrize(
    "page",
    [
        {"data": {"group": {"id": "1", "events": {"edges": []}}}},
        {"data": {"group": {"id": "1", "events": {"edges": [], "pageInfo": None}}}},
        {"data": {"group": {"id": "1", "events": {"pageInfo": {"hasNextPage": False}}}}},
        {"data": {"group": {"id": "1"}}},
    ],
)
def test_a_page_that_lacks_something_is_never_an_empty_one(
    scripted: ScriptedServer, client_of: ClientOf, page: Any
) -> None:
    scripted.answers(page)
    with pytest.raises(MeetupTransientError):
        client_of(scripted.url).events("1", BEGINNING, END)
    scripted.answers(page, _events([A], None, more=False))
    assert client_of(scripted.url).events("1", BEGINNING, END).nodes == (A,)


def test_an_event_that_comes_twice_is_returned_once_and_unchanged(
    scripted: ScriptedServer, client_of: ClientOf
) -> None:
    odd = {"id": "c", "dateTime": None, "venues": None, "feeSettings": None, "state": "💥"}
    scripted.answers(_events([B, odd], "x"), _events([B, A], None, more=False))
    assert client_of(scripted.url).events("1", BEGINNING, END).nodes == (odd, A, B)
