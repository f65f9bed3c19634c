"""A made-up Meetup over real HTTP, and a lake, an instance and a warehouse of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import stamina
from tests.meetup.failing import FaultySimulation
from tests.meetup.pipeline.running import NOW, Bench

from tributary.assets.meetup.standin.running import RunningSimulator
from tributary.assets.meetup.standin.world import World
from tributary.resources.lake import open_lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@pytest.fixture(autouse=True)
def _no_backoff() -> Iterator[None]:
    """Retries as many times as in earnest, without the waits between."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture(scope="session")
def world() -> World:
    """Fourteen groups in the Bay: one keeps London's clock, one meets around midnight, one vanished in autumn 2018."""
    return World(seed=1, groups=14)


@pytest.fixture
def simulator(world: World) -> Iterator[RunningSimulator]:
    """The world at the beginning of 2019, over real HTTP."""
    with RunningSimulator(FaultySimulation(world, now=NOW)) as running:
        yield running


@pytest.fixture
def bench(simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A lake and an instance of the test's own."""
    # As `tributary.instance.opening` sets it: the events of a range's days are stored together.
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Bench(simulator, tmp_path, lake, instance)


@pytest.fixture
def whole_bench(bench: Bench, warehouse: PostgresWarehouse) -> Bench:
    """With a warehouse."""
    bench.warehouse = warehouse
    return bench
