"""Which hours the sensor asks for: nothing lost whatever fails, nothing asked for that is done, and with patience."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.assets.automation.patience import FIRST_PATIENCE
from tributary.assets.social.arrivals import HOUR, hour_of, hour_path, objects_from
from tributary.assets.social.watch import (
    LONGEST_GAP,
    LONGEST_RANGE,
    MOST_RANGES,
    OVERLAP,
    SWEEP_BACK,
    Hours,
    Memory,
    decide,
    look_from,
    ranges_of,
)
from tributary.resources.lake import open_lake

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def key(hour: datetime, name: str = "a") -> str:
    return f"web-data/raw/{hour_path(hour)}web-data-1-{name}"


def test_new_objects_are_asked_for_and_nothing_else() -> None:
    first, second = NOW - 5 * HOUR, NOW - 4 * HOUR
    decision = decide([key(first), key(second)], {key(first)}, Memory(START.timestamp()), NOW)
    hour = second.replace(minute=0)
    assert decision.ranges == (Hours(hour, hour),)
    assert decision.objects == 1


def test_objects_whose_run_failed_are_asked_for_again_with_growing_patience() -> None:
    memory, now, asked = Memory(START.timestamp()), NOW, []
    for _ in range(600):
        decision = decide([key(NOW - HOUR)], set(), memory, now)
        memory = Memory.loads(decision.memory.dumps(), START)
        if decision.ranges:
            asked.append(now)
        now += timedelta(seconds=30)
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert waits[0] == FIRST_PATIENCE
    assert waits == sorted(waits)
    assert 4 <= len(waits) < 12


def test_a_new_object_among_failed_ones_is_asked_for_at_once() -> None:
    decision = decide([key(NOW)], set(), Memory(START.timestamp()), NOW)
    again = decide([key(NOW), key(NOW, "b")], set(), decision.memory, NOW + timedelta(seconds=1))
    assert decision.ranges == again.ranges != ()


def test_the_position_stays_before_what_is_not_done_and_within_the_overlap() -> None:
    old = NOW - 100 * HOUR
    pending = decide([key(old)], set(), Memory(START.timestamp()), NOW).memory
    assert look_from(pending, START, NOW + HOUR) <= old
    settled = decide([key(old)], {key(old)}, Memory(START.timestamp()), NOW).memory
    assert look_from(settled, START, NOW) == (NOW - OVERLAP).replace(minute=0)


def test_once_a_day_the_look_goes_back_for_objects_that_came_very_late() -> None:
    memory = decide([], set(), Memory(START.timestamp()), NOW).memory
    assert look_from(memory, START, NOW + 2 * HOUR) > NOW - 3 * HOUR
    assert look_from(memory, START, NOW + timedelta(days=1)) <= NOW + timedelta(days=1) - SWEEP_BACK


def test_the_same_second_and_the_past_hour_are_seen(tmp_path: object) -> None:
    lake = open_lake(str(tmp_path), region="us-east-1", endpoint_url=None)
    memory, seen = Memory(START.timestamp(), swept=NOW.timestamp()), set[str]()
    arrivals = [key(NOW, "a"), key(NOW, "b"), key(NOW - HOUR, "late"), key(NOW, "a0")]
    for step, one in enumerate(arrivals):
        lake.put(one, b"{}")
        now = NOW + timedelta(seconds=30 * step)
        found = [info.key for info in objects_from(lake, look_from(memory, START, now))]
        decision = decide(found, seen, memory, now)
        assert decision.objects == 1, one
        memory = decision.memory
        seen.add(one)


@pytest.mark.parametrize(
    "wrong",
    [
        "web-data/raw/2026/13/01/00/x",
        "web-data/raw/2026/01/01/x",
        "web-data/raw/2026/01/01/00/a/b",
        "other/2026/01/01/00/x",
    ],
)
def test_what_lies_in_no_hour_is_passed_over(wrong: str) -> None:
    assert hour_of(wrong) is None


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 24 * 60), max_size=40))
def test_ranges_cover_each_hour_once_and_keep_their_bounds(offsets: set[int]) -> None:
    hours = {START + offset * HOUR for offset in offsets}
    ranges = list(ranges_of(hours))
    assert all(sum(first <= hour <= last for first, last in ranges) == 1 for hour in hours)
    assert all(last - first <= LONGEST_RANGE for first, last in ranges)
    assert all(first in hours and last in hours for first, last in ranges)
    for (_, last), (first, _) in itertools.pairwise(ranges):
        assert first - last > LONGEST_GAP or first - ranges[0].first >= LONGEST_RANGE


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_object_is_asked_for_until_it_is_done_whatever_fails(data: st.DataObject) -> None:
    """Objects arrive at any hour within the overlap, ticks and runs fail at random: in the end all is done."""
    now, memory = NOW, Memory(START.timestamp())
    lake: set[str] = set()
    done: set[str] = set()
    for step in range(data.draw(st.integers(1, 12))):
        for n in range(data.draw(st.integers(0, 3))):
            late = data.draw(st.integers(0, int(OVERLAP / HOUR) - 1))
            lake.add(key(now - late * HOUR, f"{step}-{n}"))
        start = look_from(memory, START, now)
        found = [one for one in sorted(lake) if (hour_of(one) or START) >= start]
        decision = decide(found, done, memory, now)
        assert len(decision.ranges) <= MOST_RANGES
        if data.draw(st.booleans()):
            memory = decision.memory
        if data.draw(st.booleans()):
            done |= {one for one in lake if any(a <= (hour_of(one) or START) <= b for a, b in decision.ranges)}
        now += timedelta(minutes=data.draw(st.integers(1, 30)))
    for _ in range(60):
        start = look_from(memory, START, now)
        decision = decide([one for one in sorted(lake) if (hour_of(one) or START) >= start], done, memory, now)
        memory = decision.memory
        done |= {one for one in lake if any(a <= (hour_of(one) or START) <= b for a, b in decision.ranges)}
        now += timedelta(minutes=2)
    assert done == lake
