"""Where Meetup is: the API behind a token, the simulator on this machine, or nowhere, which is said in a sentence."""

from __future__ import annotations

import socket
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.schedule_definition import ScheduleExecutionData
from pydantic import SecretStr
from tests.meetup.pipeline.running import RAW, Bench
from tests.ports import free_port

from tributary.assets.meetup.api.opening import Meetup, MeetupAbsentError, open_meetup
from tributary.assets.meetup.arrivals import event_key
from tributary.assets.meetup.due import due_days
from tributary.assets.meetup.errors import MeetupPullError
from tributary.assets.meetup.origin import claim
from tributary.assets.meetup.parts import PARTS
from tributary.assets.meetup.schedule import meetup_days
from tributary.assets.meetup.settings import MeetupSettings
from tributary.assets.meetup.standin.session import simulator as simulator_for
from tributary.assets.meetup.standin.world import SimulatorError
from tributary.automation.jobs import source_jobs
from tributary.resources.lake import open_lake
from tributary.resources.settings import Settings


def settings_of(home: Path) -> Settings:
    return Settings(_env_file=None, home=home)


def own_of(**more: Any) -> MeetupSettings:
    return MeetupSettings(_env_file=None, **{"port": free_port(), **more})


def opened(home: Path, **more: Any) -> Meetup:
    return open_meetup(settings_of(home), own_of(**more))


def test_without_token_and_simulator_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MeetupAbsentError, match=r"tributary up.*TRIBUTARY_MEETUP_TOKEN"):
        opened(tmp_path).client()


def test_a_token_leads_to_the_api_and_no_simulator_is_started(tmp_path: Path) -> None:
    settings, own = settings_of(tmp_path), own_of(token=SecretStr("secret"))
    meetup = open_meetup(settings, own)
    assert "api.meetup.com" in repr(meetup.client())
    assert meetup.absence is None
    with simulator_for(settings, own) as started:
        assert not started
    meetup.close()


def test_a_simulator_serves_for_as_long_as_the_block_lasts_and_only_one(tmp_path: Path) -> None:
    settings, own = settings_of(tmp_path), own_of()
    meetup = open_meetup(settings, own)
    with simulator_for(settings, own) as first:
        assert first
        with simulator_for(settings, own) as second:
            assert not second
        assert len(meetup.client().search_groups(meetup.search).groups) > 10
        assert meetup.absence is None
    assert meetup.absence is not None


def test_a_port_that_cannot_be_bound_is_named(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        # Bound and not listening: nobody answers there, and nobody else can.
        settings, own = settings_of(tmp_path), own_of(port=held.getsockname()[1])
        with pytest.raises(SimulatorError, match="TRIBUTARY_MEETUP_PORT"), simulator_for(settings, own):
            pass


def test_nothing_is_due_where_there_is_nothing_to_ask(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    remote = settings_of(tmp_path).model_copy(update={"samples": False})
    assert due_days({"lake": lake, "meetup": open_meetup(remote, own_of())}, everything=True) == []
    assert len(due_days({"lake": lake, "meetup": opened(tmp_path)}, everything=True)) == 1


def test_what_another_source_gave_is_not_mixed_with(tmp_path: Path) -> None:
    lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
    simulated = opened(tmp_path)
    real = opened(tmp_path, token=SecretStr("token"))
    claim(lake, simulated.origin)
    claim(lake, simulated.origin)
    with pytest.raises(MeetupPullError, match=r"the simulator, and now https://api\.meetup\.com/gql-ext"):
        claim(lake, real.origin)
    assert due_days({"lake": lake, "meetup": real}, everything=True) == []
    assert due_days({"lake": lake, "meetup": simulated}, everything=True) != []


def morning(bench: Bench, meetup: Meetup) -> ScheduleExecutionData:
    """What the schedule decides at six in the morning of 20 November 2026 in California."""
    resources = {"lake": bench.lake, "meetup": meetup}
    folder = bench.home / "dagster"
    folder.mkdir()
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        context = dg.build_schedule_context(
            instance=instance,
            scheduled_execution_time=datetime(2026, 11, 20, 14, tzinfo=UTC),
            resources=resources,
            repository_def=dg.Definitions(
                assets=PARTS.assets,
                jobs=source_jobs(PARTS.assets, {}),
                resources={**resources, "warehouse": bench.warehouse},
            ).get_repository_def(),
        )
        return meetup_days.evaluate_tick(context)


def test_the_morning_s_run_covers_the_last_week(bench: Bench) -> None:
    bench.lake.put(event_key(date(2026, 11, 18)), b"")
    (found,) = morning(bench, bench.meetup).run_requests or ()
    assert set(found.asset_selection or ()) == {key for asset in PARTS.assets for key in asset.keys}
    assert found.tags["dagster/asset_partition_range_start"] == "2026-11-13"
    assert found.tags["dagster/asset_partition_range_end"] == "2026-11-19"


def test_the_morning_is_skipped_with_the_reason_where_nobody_answers(bench: Bench, tmp_path: Path) -> None:
    found = morning(bench, opened(tmp_path))
    assert not found.run_requests
    assert "tributary up" in (found.skip_message or "")


def test_the_schedule_runs_unless_it_is_stopped_and_pulls_take_turns() -> None:
    assert meetup_days.default_status == dg.DefaultScheduleStatus.RUNNING
    assert meetup_days.execution_timezone == "America/Los_Angeles"
    assert {asset.op.pool for asset in RAW} == {"meetup"}
