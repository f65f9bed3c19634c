"""The rate limit: never more in any minute, shared by processes, and whole after a crash."""

from __future__ import annotations

import multiprocessing
import time
from bisect import bisect_left
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.meetup.client.conftest import FakeClock

from tributary.assets.meetup.api.bucket import WINDOW, Bucket, FileBucket
from tributary.assets.meetup.api.errors import MeetupUsageError


def _most_in_a_minute(times: list[float]) -> int:
    return max(bisect_left(times, begin + WINDOW - 1e-6) - k for k, begin in enumerate(times))


@given(
    rate=st.integers(2, 600),
    rests=st.lists(st.floats(0, 90), min_size=1, max_size=8),
    burst=st.integers(1, 200),
)
@settings(deadline=None)
def test_no_minute_holds_more_than_allowed(rate: int, rests: list[float], burst: int) -> None:
    clock = FakeClock()
    bucket = Bucket(rate, clock)
    times = []
    for rest in rests:
        clock.time += rest
        for _ in range(burst):
            bucket.take()
            times.append(clock.now())
    assert _most_in_a_minute(times) <= rate


def test_nearly_the_whole_rate_is_used() -> None:
    clock = FakeClock()
    bucket = Bucket(500, clock)
    begin = clock.now()
    for _ in range(5000):
        bucket.take()
    assert 5000 / (clock.now() - begin) * 60 >= 475


@given(rate=st.integers(2, 600), takes=st.lists(st.integers(0, 1), min_size=1, max_size=40))
@settings(deadline=None)
def test_two_file_buckets_on_one_folder_are_one(rate: int, takes: list[int]) -> None:
    with TemporaryDirectory() as folder:
        alone, shared = FakeClock(), FakeClock()
        one = Bucket(rate, alone)
        two = [FileBucket(Path(folder), rate, shared) for _ in range(2)]
        for which in takes:
            one.take()
            two[which].take()
        assert shared.time == pytest.approx(alone.time)


def _taken(folder: Path, number: int) -> list[float]:
    bucket = FileBucket(folder, 1500)
    times = []
    for _ in range(number):
        bucket.take()
        times.append(time.time())
    return times


def test_processes_share_the_bucket(tmp_path: Path) -> None:
    """1500 a minute are 60 at once and then 24 a second, for both processes together."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(_taken, tmp_path, 50) for _ in range(2)]
        times = sorted(moment for job in jobs for moment in job.result())
    assert times[-1] - times[0] >= 40 / 24 * 0.95


@pytest.mark.parametrize("kind", ["file", "local"])
def test_a_pause_holds_for_every_caller(tmp_path: Path, kind: str) -> None:
    clock = FakeClock()
    buckets: list[Bucket] = (
        [FileBucket(tmp_path, 500, clock) for _ in range(2)] if kind == "file" else [Bucket(500, clock)] * 2
    )
    begin = clock.now()
    buckets[0].pause(30)
    buckets[1].take()
    assert clock.now() == pytest.approx(begin + 30)


@pytest.mark.parametrize("kind", ["file", "local"])
def test_a_pause_never_shortens_a_wait_that_is_longer(tmp_path: Path, kind: str) -> None:
    clock = FakeClock()
    bucket: Bucket = FileBucket(tmp_path, 100, clock) if kind == "file" else Bucket(100, clock)
    begin = clock.now()
    bucket.pause(50)
    bucket.pause(1)
    bucket.take()
    assert clock.now() == pytest.approx(begin + 50)
    # Many callers have taken their slots: the next free one is farther ahead than the pause that is asked for.
    for _ in range(40):
        bucket.take()
    clock.time -= 20
    ahead = clock.now()
    bucket.pause(5)
    bucket.take()
    assert clock.now() - ahead > 19


def test_a_file_left_empty_by_a_power_failure_counts_as_a_spent_minute(tmp_path: Path) -> None:
    (tmp_path / "next").write_text("")
    clock = FakeClock()
    FileBucket(tmp_path, 500, clock).take()
    assert clock.slept == [pytest.approx(WINDOW)]


def test_a_clock_that_is_put_back_does_not_stop_the_pulls(tmp_path: Path) -> None:
    clock = FakeClock()
    FileBucket(tmp_path, 500, clock).take()
    clock.time -= 86_400
    FileBucket(tmp_path, 500, clock).take()
    assert sum(clock.slept) < 1


@pytest.mark.parametrize("rate", [1, 0, -5])
def test_a_rate_that_is_none_is_refused(rate: int) -> None:
    with pytest.raises(MeetupUsageError):
        Bucket(rate)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MeetupUsageError, match="file/bucket"):
        FileBucket(tmp_path / "file" / "bucket", 500).take()
