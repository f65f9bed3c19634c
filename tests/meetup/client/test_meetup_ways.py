"""A group is asked for by its name in addresses, and by its id where the name does not lead to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.meetup.client.conftest import ClientOf, ScriptedServer
from tests.meetup.faults import FaultPlan, GroupFault

from tributary.assets.meetup.api.client import MeetupClient
from tributary.assets.meetup.api.errors import (
    MeetupContradictionError,
    MeetupForbiddenError,
    MeetupGroupGoneError,
    MeetupMissingError,
    MeetupOtherGroupError,
)
from tributary.assets.meetup.standin.running import RunningSimulator

BEGINNING, END = datetime(2008, 1, 1, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)
ROOTS = ("groupByUrlname", "group")


def root_of(request: dict[str, Any]) -> str:
    """The root field that a request asks for."""
    root: str = request["query"].split("{", 1)[1].split("(", 1)[0].strip()
    return root


def answering(scripted: ScriptedServer, **by_root: Callable[[dict[str, Any]], Any]) -> list[str]:
    """Let each root answer with its own value, or whole payload; the roots that were asked, as they come."""
    asked: list[str] = []

    def script(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        root = root_of(request)
        asked.append(root)
        told = by_root[root](request["variables"])
        payload = told if isinstance(told, dict) and {"data", "errors"} & set(told) else {"data": {root: told}}
        return 200, {}, json.dumps(payload).encode()

    scripted.script = script
    return asked


def page(*names: str, of: str = "1", total: int | None = None, cursor: str | None = None) -> dict[str, Any]:
    """A group's events: a page that is the last one, unless it has a cursor."""
    nodes = [{"node": {"id": name, "token": name, "dateTime": "2018-01-01T10:00:00Z"}} for name in names]
    info = {"hasNextPage": cursor is not None, "endCursor": cursor or ""}
    events = {"edges": nodes, "totalCount": len(names) if total is None else total, "pageInfo": info}
    return {"id": of, "events": events}


def refusal(root: str, code: str, *below: str) -> dict[str, Any]:
    error = {"message": code, "path": [root, *below], "extensions": {"classification": code}}
    return {"data": {root: None}, "errors": [error]}


def ids(client: MeetupClient, **more: Any) -> list[str]:
    found = client.events("1", BEGINNING, END, urlname="old", **more)
    return [node["id"] for node in found.nodes]


def test_a_name_that_leads_to_the_group_is_all_that_is_asked(scripted: ScriptedServer, client_of: ClientOf) -> None:
    asked = answering(scripted, groupByUrlname=lambda _: page("a"))
    client = client_of(scripted.url)
    assert ids(client) == ["a"]
    group = client.group("1", "old")
    assert group is not None
    assert group.node["id"] == "1"
    assert asked == ["groupByUrlname"] * 2
    assert [one["variables"]["urlname"] for one in scripted.requests] == ["old", "old"]


@pytest.mark.parametrize(
    "astray",
    [
        None,
        page(of="777"),
        page("x", of="777"),
        refusal("groupByUrlname", "NOT_FOUND"),
        refusal("groupByUrlname", "NOT_FOUND", "events"),
    ],
)
def test_a_name_that_leads_elsewhere_is_tried_once_and_the_id_counts(
    scripted: ScriptedServer, client_of: ClientOf, astray: Any
) -> None:
    asked = answering(
        scripted,
        groupByUrlname=lambda _: astray,
        group=lambda given: page("b", total=2) if given.get("after") else page("a", total=2, cursor="x"),
    )
    client = client_of(scripted.url)
    assert ids(client) == ["a", "b"]
    assert ids(client) == ["a", "b"]
    assert asked == ["groupByUrlname", *["group"] * 4]
    group = client.group("1", "old")
    assert group is not None
    assert group.node["id"] == "1"
    # Another name may lead to it.
    assert client.group("1", "new") == group
    assert asked[5:] == ["group", "groupByUrlname", "group"]


@pytest.mark.parametrize("lost", [None, page("b", of="777", total=2)])
def test_a_group_renamed_between_two_pages_is_read_from_the_first_page_by_its_id(
    scripted: ScriptedServer, client_of: ClientOf, lost: Any
) -> None:
    left = [page("a", total=2, cursor="x")]
    answering(
        scripted,
        groupByUrlname=lambda _: left.pop() if left else lost,
        group=lambda given: page("b", total=2) if given.get("after") else page("a", total=2, cursor="y"),
    )
    assert ids(client_of(scripted.url)) == ["a", "b"]
    by_id = [one["variables"] for one in scripted.requests if root_of(one) == "group"]
    assert [one["after"] for one in by_id] == [None, "y"]


def test_a_refusal_or_a_contradiction_by_name_is_not_asked_again_by_id(
    scripted: ScriptedServer, client_of: ClientOf
) -> None:
    asked = answering(scripted, groupByUrlname=lambda _: refusal("groupByUrlname", "FORBIDDEN", "events"))
    with pytest.raises(MeetupForbiddenError) as private:
        ids(client_of(scripted.url))
    assert not isinstance(private.value, MeetupMissingError)
    assert asked == ["groupByUrlname"]
    asked = answering(scripted, groupByUrlname=lambda _: page(total=13))
    with pytest.raises(MeetupContradictionError):
        ids(client_of(scripted.url))
    assert asked == ["groupByUrlname"] * 3


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, MeetupGroupGoneError),
        (page(of="777"), MeetupOtherGroupError),
        (refusal("group", "NOT_FOUND", "events"), MeetupMissingError),
    ],
)
def test_a_stranger_is_adopted_by_neither_way(
    scripted: ScriptedServer, client_of: ClientOf, value: Any, error: type[Exception]
) -> None:
    asked = answering(scripted, groupByUrlname=lambda _: page(of="777"), group=lambda _: value)
    with pytest.raises(error):
        ids(client_of(scripted.url))
    assert asked == ["groupByUrlname", "group"]


@pytest.mark.parametrize("root", ROOTS)
def test_a_failed_field_is_found_under_either_root(scripted: ScriptedServer, client_of: ClientOf, root: str) -> None:
    error = {"message": "x", "path": [root, "events", "edges", 0, "node", "series"]}
    partly = {"data": {root: page("a")}, "errors": [error]}
    answering(scripted, **{"groupByUrlname": lambda _: None, root: lambda _: partly})
    found = client_of(scripted.url).events("1", BEGINNING, END, urlname="old")
    assert (found.failed, found.holes) == ({"a": ("series",)}, 0)


@pytest.mark.parametrize("fault", [GroupFault.FORBIDDEN, GroupFault.NULL_EDGE, GroupFault.OTHER_GROUP])
def test_the_simulators_group_fails_alike_by_name_and_by_id(
    simulator: RunningSimulator, client_of: ClientOf, fault: GroupFault
) -> None:
    group = simulator.simulation.world.groups[0]

    def told(urlname: str | None) -> object:
        try:
            return client_of(simulator.url).events(group.id, BEGINNING, END, urlname=urlname)
        except (MeetupForbiddenError, MeetupOtherGroupError) as error:
            return type(error)

    simulator.simulation.faults.follow(FaultPlan(groups={group.id: fault}))
    try:
        assert told(group.urlname) == told(None)
    finally:
        simulator.simulation.faults.follow(FaultPlan())
