"""When the sensor asks for a pull: for every new event, with patience, and never without need."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tributary.assets.automation.patience import FIRST_PATIENCE, LONGEST_PATIENCE
from tributary.assets.sneakers.watch import Memory, decide

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def test_new_events_are_asked_for() -> None:
    decision = decide(12, 9, Memory(), NOW)
    assert (decision.new, decision.memory.asked) == (3, 12)


def test_nothing_is_asked_for_without_need() -> None:
    for newest, word in ((9, "was pulled"), (None, "not made its tables"), (8, "another one")):
        decision = decide(newest, 9, Memory(9, 3, NOW.timestamp()), NOW)
        assert decision.new == 0
        assert word in decision.reason
        assert decision.memory == Memory()


def test_what_failed_is_asked_for_again_with_growing_patience() -> None:
    memory, now, asked = Memory(), NOW, []
    for _ in range(1200):
        decision = decide(5, 0, memory, now)
        memory = Memory.loads(decision.memory.dumps())
        if decision.new:
            asked.append(now)
        now += timedelta(seconds=30)
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert waits[0] == FIRST_PATIENCE
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_PATIENCE


def test_a_newer_event_is_asked_for_at_once_though_a_run_failed() -> None:
    failed = decide(5, 0, Memory(), NOW).memory
    assert decide(5, 0, failed, NOW + timedelta(seconds=1)).new == 0
    assert decide(6, 0, failed, NOW + timedelta(seconds=1)).new == 6


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=30))
def test_whatever_fails_everything_is_pulled_in_the_end(steps: list[tuple[int, bool, bool]]) -> None:
    newest = held = 0
    memory, now = Memory(), NOW
    for new, remembered, succeeds in [*steps, *[(0, True, True)] * 130]:
        newest += new
        decision = decide(newest, held, memory, now)
        memory = decision.memory if remembered else memory
        held = newest if decision.new and succeeds else held
        now += timedelta(seconds=30)
    assert held == newest
