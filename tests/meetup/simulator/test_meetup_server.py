"""The simulator's server: token, caps, time, and starting it as a module."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.meetup.faults import PASSING, FaultPlan, Faults
from tests.ports import free_port

from tributary.assets.meetup.api.queries import BY_ID, SEARCH_GROUPS
from tributary.assets.meetup.standin.root import Caps
from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.server import Simulation
from tributary.assets.meetup.standin.world import World

NOW = datetime(2019, 1, 1, tzinfo=UTC)
SEARCH = {"query": "", "lat": 37.77, "lon": -122.42, "radius": 250}
TOKEN = {"Authorization": "Bearer simulator"}


@pytest.fixture
def running() -> Iterator[RunningSimulator]:
    simulation = Simulation(World(seed=3, groups=40), now=NOW, caps=Caps(page=10, search=25))
    with RunningSimulator(simulation) as simulator:
        yield simulator


def _search(simulator: RunningSimulator, **variables: Any) -> httpx.Response:
    body = {"query": SEARCH_GROUPS.text, "variables": {"filter": SEARCH, "first": 100, **variables}}
    return httpx.post(simulator.url, json=body, headers=TOKEN, trust_env=False)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": "simulator"}])
def test_a_token_is_asked_for(running: RunningSimulator, headers: dict[str, str]) -> None:
    answer = httpx.post(running.url, json={"query": "{ __typename }"}, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_search_answers_as_the_recorded_ones_do(running: RunningSimulator) -> None:
    pages, cursor = [], None
    for _ in range(4):
        pages.append(_search(running, after=cursor).json()["data"]["groupSearch"])
        cursor = pages[-1]["pageInfo"]["endCursor"] or cursor
    assert [len(page["edges"]) for page in pages] == [10, 10, 5, 0]
    assert [page["totalCount"] for page in pages] == [10, 10, 5, 0]
    assert all(page["pageInfo"]["hasNextPage"] for page in pages)
    ends = [page["pageInfo"]["endCursor"] for page in pages]
    assert [base64.b64decode(end).decode() for end in ends] == ["10", "20", "25", ""]


def test_what_is_no_request_is_refused(running: RunningSimulator) -> None:
    for content in (b"", b"{", b'{"query": 1}', b"[]"):
        answer = httpx.post(running.url, content=content, headers=TOKEN, trust_env=False)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert httpx.get(running.url, headers=TOKEN, trust_env=False).status_code == 405


def test_the_world_can_be_set_to_another_time(running: RunningSimulator) -> None:
    body = {"query": BY_ID.group.text, "variables": {"id": running.simulation.world.groups[0].id}}
    seen = []
    for now in ("2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z", "2007-01-01T00:00:00Z"):
        assert httpx.post(f"{running.base}/now", json={"now": now}, trust_env=False).json()["now"].startswith(now[:10])
        group = httpx.post(running.url, json=body, headers=TOKEN, trust_env=False).json()["data"]["group"]
        seen.append(group and group["stats"]["memberCounts"]["all"])
    assert seen[0] < seen[1]
    assert seen[2] is None
    assert httpx.post(f"{running.base}/now", json={"now": "soon"}, trust_env=False).status_code == 400


def test_the_same_seed_draws_the_same_faults() -> None:
    drawn = []
    for _ in range(2):
        faults = Faults()
        faults.follow(FaultPlan(fraction=0.1, seed=4))
        drawn.append([faults.draw() for _ in range(2000)])
    assert drawn[0] == drawn[1]
    assert 150 < sum(fault is not None for fault in drawn[0]) < 250
    assert {fault for fault in drawn[0] if fault} == set(PASSING)


def test_it_runs_as_a_module() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tributary.assets.meetup.standin", "--port", str(port), "--seed", "3"]
    process = subprocess.Popen(
        [*command, "--groups", "5", "--now", "2019-01-01"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{port}"
        about = _when_up(base)
        assert (about["seed"], about["groups"]) == (3, 5)
        assert about["now"].startswith("2019-01-01T00:00:00")
        body = json.dumps({"query": "{ __typename }"})
        answer = httpx.post(f"{base}/gql-ext", content=body, headers=TOKEN, trust_env=False)
        assert answer.json() == {"data": {"__typename": "Query"}}
    finally:
        process.terminate()
        process.wait(20)


def _when_up(base: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        try:
            return dict(httpx.get(base, trust_env=False).json())
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
