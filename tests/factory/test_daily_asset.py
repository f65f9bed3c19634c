"""The raw asset of what is pulled by day: what says the same is left, and what is done stays where one fails."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.daily_asset import daily_asset, days_of_objects, due_days
from tributary.assets.factory.objects import DailyObjects
from tributary.assets.factory.specs import MISSING
from tributary.resources.errors import TributaryError
from tributary.resources.lake import open_lake
from tributary.resources.lake.model import Lake

DAYS = DailyObjects("weather/raw/", date(2026, 1, 1))
KEY = asset_key("raw.readings")


class Station:
    """What is asked, and how often."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.told = {day: f'{{"id": {day}}}\n'.encode() for day in range(1, 6)}

    def fetch(self, day: date) -> bytes:
        self.asked.append(day.day)
        if day.day not in self.told:
            raise TributaryError(f"The station knows nothing of {day}; ask again.")
        return self.told[day.day]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


def run(station: Station, lake: Lake, instance: dg.DagsterInstance, **tags: str) -> dg.ExecuteInProcessResult:
    bounds = {f"dagster/asset_partition_range_{end}": f"2026-01-0{at}" for end, at in (("start", 1), ("end", 4))}
    asset = daily_asset("raw.readings", DAYS, station.fetch, source="weather", description="", defined_in=__file__)
    return dg.materialize(
        [asset], instance=instance, resources={"lake": lake}, tags={**bounds, **tags}, raise_on_error=False
    )


def told(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    events = result.asset_materializations_for_node("raw__readings")
    return {name: value.value for name, value in events[-1].metadata.items()}


def test_days_are_put_once_and_again_when_they_say_something_else(lake: Lake) -> None:
    station = Station()
    with dg.DagsterInstance.ephemeral() as instance:
        assert told(run(station, lake, instance))["objects changed"] == 4
        before = [found for _, found in DAYS.between(lake)]
        assert told(run(station, lake, instance))["objects changed"] == 0
        assert [found for _, found in DAYS.between(lake)] == before
        station.told[2] = b""
        assert told(run(station, lake, instance))["objects changed"] == 1
        assert lake.get(DAYS.key(date(2026, 1, 2))) == b""


def test_what_was_pulled_before_a_day_that_fails_stays_and_is_not_asked_for_again(lake: Lake) -> None:
    station = Station()
    last = station.told.pop(3)
    with dg.DagsterInstance.ephemeral() as instance:
        result = run(station, lake, instance)
        assert not result.success
        failed = result.failure_data_for_node("raw__readings")
        assert failed is not None
        assert failed.user_failure_data is not None
        assert failed.user_failure_data.description == "The station knows nothing of 2026-01-03; ask again."
        assert instance.get_materialized_partitions(KEY) == {"2026-01-01", "2026-01-02"}
        station.told[3] = last
        station.asked.clear()
        assert run(station, lake, instance, **{MISSING: "true"}).success
    assert station.asked == [3, 4]


def test_days_without_an_object_are_due_up_to_yesterday(lake: Lake) -> None:
    for day in (date(2026, 1, 1), date(2026, 1, 3)):
        lake.put(DAYS.key(day), b"")
    yesterday = str(datetime.now(tz=UTC).date() - timedelta(days=1))
    due = due_days(DAYS)
    assert list(due({"lake": lake}, False)) == [("2026-01-02", "2026-01-02"), ("2026-01-04", yesterday)]
    assert list(due({"lake": lake}, True)) == [("2026-01-01", yesterday)]
    names = [DAYS.key(date(2026, 1, day)) for day in (5, 1, 2)]
    assert list(days_of_objects(DAYS)([*names, "elsewhere"])) == [
        ("2026-01-01", "2026-01-02"),
        ("2026-01-05", "2026-01-05"),
    ]
