"""The rate limit of several machines: the rule of the bucket of one, by Postgres's clock, whoever is killed."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.meetup.client.conftest import FakeClock

from tributary.assets.meetup.api.bucket import Bucket, FileBucket
from tributary.assets.meetup.api.errors import MeetupError
from tributary.assets.meetup.api.opening import open_meetup
from tributary.assets.meetup.api.shared_bucket import SharedBucket
from tributary.assets.meetup.settings import MeetupSettings
from tributary.resources.settings import Settings

SOON = 0.25
"""Seconds that a statement may take on a busy machine."""


class Waits(FakeClock):
    """Notes how long a caller was told to wait, and does not."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def row(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@given(rate=st.integers(2, 600), ahead=st.floats(-100, 1_000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_slot_is_that_of_the_bucket_of_one_machine(
    database_url: str, row: psycopg.Connection[Any], rate: int, ahead: float
) -> None:
    """The slots told by both, of a free slot that lies so many seconds ahead."""
    clock, alone = Waits(), FakeClock()
    bucket = SharedBucket(lambda: database_url, "one", rate, clock)
    oracle = Bucket(rate, alone)
    bucket.pause(0)
    row.execute("UPDATE meetup.rate SET free = extract(epoch FROM clock_timestamp()) + %s", [ahead])
    oracle._free = alone.now() + ahead
    for _ in range(3):
        told, began = len(clock.slept), alone.now()
        bucket.take()
        oracle.take()
        wait, expected = (clock.slept[told] if len(clock.slept) > told else 0.0), alone.now() - began
        alone.time = began
        # At the edge beyond which a slot counts as a mistake, a moment decides.
        if abs(ahead - 600) > 5:
            assert wait == pytest.approx(expected, abs=SOON)


def _taken(url: str, number: int) -> list[float]:
    bucket = SharedBucket(lambda: url, "many", 1500)
    times = []
    for _ in range(number):
        bucket.take()
        times.append(time.time())
    return times


def test_machines_share_the_bucket_and_one_that_is_killed_holds_up_nobody(database_url: str) -> None:
    """1500 a minute are 60 at once and then 24 a second, for all processes together."""
    spawn = multiprocessing.get_context("spawn")
    doomed = spawn.Process(target=_taken, args=(database_url, 10_000))
    doomed.start()
    while not _is_in_use(database_url):
        time.sleep(0.02)
    doomed.kill()
    doomed.join()
    with ProcessPoolExecutor(2, spawn) as pool:
        jobs = [pool.submit(_taken, database_url, 50) for _ in range(2)]
        times = sorted(moment for job in jobs for moment in job.result())
    assert times[-1] - times[0] >= 40 / 24 * 0.95


def _is_in_use(url: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            return connection.execute("SELECT 1 FROM meetup.rate").fetchone() is not None
        except psycopg.errors.UndefinedTable:
            return False


def test_a_pause_holds_for_every_machine_and_never_shortens_one(database_url: str) -> None:
    clocks = [Waits(), Waits()]
    one, other = (SharedBucket(lambda: database_url, "same", 500, clock) for clock in clocks)
    one.pause(30)
    one.pause(1)
    other.take()
    assert clocks[1].slept == [pytest.approx(30, abs=SOON)]
    SharedBucket(lambda: database_url, "another", 500, clocks[0]).take()
    assert clocks[0].slept == []


def test_a_connection_that_was_dropped_is_opened_again_and_a_server_that_is_away_is_told(
    database_url: str, row: psycopg.Connection[Any]
) -> None:
    bucket = SharedBucket(lambda: database_url, "one", 500, Waits())
    bucket.take()
    row.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary meetup'")
    bucket.take()
    away = SharedBucket(lambda: "postgresql://me:hunter2@127.0.0.1:9/none", "one", 500, Waits())
    with pytest.raises(MeetupError, match="cannot be asked for") as told:
        away.take()
    assert "hunter2" not in str(told.value)


def test_it_is_shared_where_the_server_is_one_by_url() -> None:
    own = MeetupSettings(_env_file=None, token=SecretStr("token"))
    by_url = Settings(_env_file=None, postgres_url=SecretStr("postgresql://me@host/db"))
    assert isinstance(open_meetup(by_url, own)._bucket(), SharedBucket)
    assert isinstance(open_meetup(Settings(_env_file=None), own)._bucket(), FileBucket)
