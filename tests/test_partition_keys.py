"""The keys of partitions are what Dagster lists, however time goes on, and are listed once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tributary.resources.dagster_internals import partitions

NINTH = datetime(2024, 3, 9, tzinfo=UTC)
KINDS: list[Callable[[int], dg.TimeWindowPartitionsDefinition]] = [
    lambda offset: dg.HourlyPartitionsDefinition("2024-03-30-00:00", timezone="Europe/Berlin", end_offset=offset),
    lambda offset: dg.DailyPartitionsDefinition("2024-03-01", end_offset=offset, exclusions=[NINTH]),
    lambda offset: dg.DailyPartitionsDefinition("2024-03-01", end_date="2024-03-20", end_offset=offset),
    lambda offset: dg.MonthlyPartitionsDefinition("2024-01-01", end_offset=offset),
]
STOCK = partitions._stock


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30)
@given(
    hours=st.lists(st.integers(0, 24 * 60), min_size=1, max_size=6),
    offset=st.integers(0, 2),
)
def test_the_keys_are_those_of_dagster_at_any_time(
    kind: Callable[[int], dg.TimeWindowPartitionsDefinition], hours: list[int], offset: int
) -> None:
    partitions._listed.clear()
    definition = kind(offset)
    for hour in hours:
        now = datetime(2024, 3, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hour)
        found = partitions._keys(definition, now)
        assert found == STOCK(definition, now)
        found.append("a caller's own")  # type: ignore[attr-defined]


def test_definitions_that_are_loaded_list_each_key_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.TimeWindowPartitionsDefinition, "get_partition_keys", STOCK)
    partitions.keep_keys()
    partitions._listed.clear()
    asked: list[object] = []
    monkeypatch.setattr(partitions, "_stock", lambda one: asked.append(one) or STOCK(one))
    days = dg.DailyPartitionsDefinition("2024-03-01")
    assert days.get_partition_keys() == days.get_partition_keys() == STOCK(days)
    assert dg.DailyPartitionsDefinition("2024-03-01").get_partition_keys() == STOCK(days)
    assert asked == [days]
