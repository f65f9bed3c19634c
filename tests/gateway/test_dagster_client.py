"""The platform's own questions to Dagster's server: by its signed word, on the server as it is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.gateway.conftest import Dagster

from tributary.dagster_client import DagsterAway, DagsterClient, DagsterRefused
from tributary.dagster_client.asking import REPOSITORY
from tributary.dagster_client.assets import asset_states
from tributary.dagster_client.costs import spending_since
from tributary.dagster_client.history import check_history, materialisations
from tributary.dagster_client.ticks import acting
from tributary.problems import knowing
from tributary.problems.knowing import OfDagster
from tributary.resources.settings import Settings
from tributary.resources.warehouse.base import Spending


@pytest.fixture
def client(dagster: Dagster, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterClient]:
    monkeypatch.setitem(REPOSITORY, "repositoryLocationName", "tiny_definitions")
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


def test_the_definitions_are_read_again_when_asked(client: DagsterClient) -> None:
    assert client.code_version(["pebble"]) == "round"
    client.reload()
    assert client.code_version(["pebble"]) == "round"
    assert client.code_version(["no", "such"]) == ""


def made(client: DagsterClient, key: str, **tags: str) -> str:
    """A run of one asset, which has ended."""
    run_id = client.launch("__ASSET_JOB", [key.split(".")], tags)
    deadline = time.monotonic() + 100
    while next(run for run in client.runs(20) if run.id == run_id).seconds is None:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return run_id


def test_what_fails_is_told_until_it_is_mended(client: DagsterClient, dagster: Dagster) -> None:
    day = {"dagster/partition": "2026-01-02"}
    mended, began = dagster.home / "mended", datetime.now(UTC)
    smoothed, wet = made(client, "gold.gravel"), made(client, "gold.sand", **day)
    states = {one.key: one for one in asset_states(client)}
    assert [(one.name, one.blocks, one.run_id) for one in states["gold.gravel"].failing] == [
        ("is_smooth", False, smoothed)
    ]
    assert states["gold.gravel"].refresh == "hourly"
    failed = states["gold.sand"].failed_run
    assert (failed and failed.id, states["gold.sand"].made_at, states["gold.sand"].group) == (wet, None, "quarry")
    assert client.why_failed(wet).endswith("The sand is wet.")
    assert client.why_failed(smoothed) == ""
    mended.touch()
    again = made(client, "gold.sand", **day)
    known = {one.key: one for one in asset_states(client)}["gold.sand"]
    assert (known.failed_run, known.is_awaited, known.partitions and known.partitions.made) == (None, False, 1)
    assert [str(span.start.date()) for span in known.partitions.spans] == ["2026-01-02"]
    assert [one.run_id for one in materialisations(client, "gold.sand", 5)] == [again]
    made(client, "gold.gravel")
    mended.unlink()
    assert {one.key: one for one in asset_states(client)}["gold.gravel"].failing == ()
    told = [(one.rows, one.size, one.seconds, one.partition) for one in materialisations(client, "gold.gravel", 2)]
    assert told == [(7, 8192, 0.5, "")] * 2
    taken = spending_since(client, began)
    assert taken == {"gold.gravel": Spending(6, 10_000_000_000, 1.0, 4.0, 0.05)}
    assert spending_since(client, datetime.now(UTC)) == {}
    checked = check_history(client, "gold.gravel", ["is_smooth", "no_such"], 5)
    assert [(one.passed, one.failures, one.warns) for one in checked["is_smooth"]] == [
        (True, 0, True),
        (False, 3, True),
    ]
    assert checked["no_such"] == []


def test_a_table_is_behind_while_what_it_reads_is_newer(client: DagsterClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowing, "_PACES", {"": timedelta()})
    told = OfDagster(client)
    for key in ("gold.gravel", "gold.heap", "gold.gravel"):
        made(client, key)
    behind = {one.asset.key: one for one in told().behind}["gold.heap"]
    assert list(behind.asset.stale) == ["gold.gravel"]
    assert behind.since == materialisations(client, "gold.gravel", 1)[0].at
    made(client, "gold.heap")
    assert "gold.heap" not in {one.asset.key for one in told().behind}


def test_what_acts_by_itself_is_told(client: DagsterClient) -> None:
    found = acting(client)
    assert [(one.name, one.kind, one.is_on, one.last) for one in found.tickers] == [("a_sensor", "sensor", False, None)]
    assert "Sensor" in {one.name for one in found.daemons}


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
