"""The sensor of the automation: it rests while nothing happens, and misses nothing that does."""

from __future__ import annotations

import time

import dagster as dg
import pytest

from tributary.assets.factory.following import FOLLOW
from tributary.resources.dagster_internals.automation import LONGEST_REST_SECONDS, RESTS, QuietAutomationSensor


@dg.asset
def source() -> None: ...


@dg.asset(deps=[source], automation_condition=FOLLOW)
def follower() -> None: ...


class Ticking:
    """A sensor's ticks, each with the cursor of the one before."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.sensor = QuietAutomationSensor("automation", target="*", use_user_code_server=True)
        definitions = dg.Definitions(assets=[source, follower], sensors=[self.sensor])
        self.repository, self.instance, self.cursor = definitions.get_repository_def(), instance, None

    def tick(self) -> list[set[dg.AssetKey]] | None:
        """What is asked for; None where nothing was evaluated."""
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, repository_def=self.repository, sensor_name="automation"
        )
        found = self.sensor.evaluate_tick(context)
        self.cursor = found.cursor
        return (
            None
            if found.skip_message == RESTS
            else [set(one.asset_selection or ()) for one in found.run_requests or ()]
        )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_700_000_000.0 - 1_700_000_000 % LONGEST_REST_SECONDS]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_a_sensor_rests_while_nothing_happens_and_sees_each_change(clock: list[float]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        ticking = Ticking(instance)
        assert dg.materialize([source, follower], instance=instance).success
        assert [ticking.tick() for _ in range(4)] == [[], [], None, None]
        assert dg.materialize([source], instance=instance).success
        assert ticking.tick() == [{follower.key}]
        assert ticking.tick() is not None, "what was asked for may have been lost on its way"
        assert dg.materialize([follower], instance=instance).success
        assert [ticking.tick() for _ in range(3)] == [[], [], None]
        clock[0] += LONGEST_REST_SECONDS
        assert [ticking.tick() for _ in range(3)] == [[], [], None]


def test_another_cursor_than_its_own_is_evaluated(clock: list[float]) -> None:  # noqa: ARG001
    with dg.DagsterInstance.ephemeral() as instance:
        ticking = Ticking(instance)
        assert dg.materialize([source, follower], instance=instance).success
        assert [ticking.tick() for _ in range(3)] == [[], [], None]
        ticking.cursor = None
        assert ticking.tick() is not None
