"""Iterators that are run ahead: several at the same time, as loads of a run are."""

from __future__ import annotations

import sys

import pytest

from tributary.resources.warehouse.prefetch import prefetch


def test_threads_take_short_turns_until_the_last_of_several_has_ended() -> None:
    before = sys.getswitchinterval()
    one, two = prefetch([1, 2]), prefetch([3])
    assert [next(one), next(two)] == [1, 3]
    assert list(one) == [2]
    assert sys.getswitchinterval() < before
    assert list(two) == []
    assert sys.getswitchinterval() == pytest.approx(before)
