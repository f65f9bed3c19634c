"""The platform's own questions to Dagster's server: by its signed word, on the server as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.gateway.conftest import Dagster

from tributary import dagster_client
from tributary.dagster_client import DagsterAway, DagsterClient, DagsterRefused
from tributary.resources.settings import Settings


@pytest.fixture
def client(dagster: Dagster, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterClient]:
    monkeypatch.setattr(dagster_client, "LOCATION", "tiny_definitions")
    found = DagsterClient(Settings(_env_file=None, home=dagster.home, dagster_port=dagster.port))
    yield found
    found.close()


def test_a_run_is_launched_found_by_its_tag_and_ended(client: DagsterClient) -> None:
    tag = f"t{time.time_ns()}"
    assert client.runs_with("client", tag) == {}
    run_id = client.launch("__ASSET_JOB", [["pebble"]], {"client": tag})
    deadline = time.monotonic() + 100
    while (state := client.runs_with("client", tag)[run_id]) not in ("SUCCESS", "FAILURE"):
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
    assert state == "SUCCESS"
    client.terminate(run_id)
    assert client.runs_with("client", tag) == {run_id: "SUCCESS"}


def test_what_dagster_refuses_is_one_sentence(client: DagsterClient) -> None:
    with pytest.raises(DagsterRefused, match=r"^Dagster refused launchRun: .*\.$"):
        client.launch("no_such_job", [["pebble"]], {})
    with pytest.raises(DagsterRefused, match="addDynamicPartition"):
        client.add_partition("no/such", "k1")


def test_a_server_that_is_away_or_believes_nobody_is_told(dagster: Dagster, tmp_path: Path) -> None:
    for settings in (
        Settings(_env_file=None, home=dagster.home, dagster_port=9),
        Settings(_env_file=None, home=tmp_path, dagster_port=dagster.port),  # another home's key
    ):
        other = DagsterClient(settings)
        with pytest.raises(DagsterAway, match="Dagster's server"):
            other.runs_with("a", "b")
        other.close()
    assert httpx.post(f"{dagster.direct}/graphql", json={"query": "{version}"}).status_code == 401
