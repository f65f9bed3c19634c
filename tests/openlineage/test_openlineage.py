"""OpenLineage's events of real runs, as a receiver gets them over HTTP, and what a receiver that fails does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy.engine import Engine

from tests.conftest import RetailWarehouse
from tests.openlineage.schema import check
from tests.receivers import Hook, hook
from tributary.instance.engine import pooled_engine
from tributary.instance.opening import open_instance
from tributary.openlineage import reading
from tributary.openlineage.sending import ReceiverError, Sent, send_new
from tributary.openlineage.sensor import lineage_sensors
from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings, get_settings

pytestmark = [pytest.mark.xdist_group("sample_retail"), pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SETTLED_SECONDS", 0.0)


@pytest.fixture
def receiver() -> Iterator[Hook]:
    with hook() as found:
        yield found


@pytest.fixture
def settings(sample_retail: RetailWarehouse, receiver: Hook) -> Settings:
    return Settings(_env_file=None, home=sample_retail.home, openlineage=f"http://{receiver.host}")


@pytest.fixture
def log(settings: Settings) -> Iterator[Engine]:
    with connect(settings) as databases:
        yield pooled_engine(databases.url("dagster"))


def statement(key: str) -> str | None:
    return "SELECT 1 AS one" if key.startswith("gold.") else None


def send_all(settings: Settings, log: Engine, after: int = 0) -> Sent:
    while (sent := send_new(settings, log, after, statement)).up_to > after and not sent.problem:
        after = sent.up_to
    return sent


def test_a_run_is_told_from_its_beginning_to_its_end_with_the_lineage_of_each_column(
    settings: Settings, log: Engine, receiver: Hook, sample_retail: RetailWarehouse
) -> None:
    assert send_all(settings, log).problem == ""
    assert {path for path, _ in receiver.taken} == {"/api/v1/lineage"}
    events = [event for _, event in receiver.taken]
    for event in events:
        check(event)
    # Of other tests there may be runs besides.
    made = next(one for one in events if made_by(one) == ["warehouse.gold.household_summary"])
    whole = made["run"]["facets"]["parent"]["run"]["runId"]
    events = [one for one in events if whole in (one["run"]["runId"], parent_of(one))]
    by_run: dict[str, list[str]] = {}
    for event in events:
        by_run.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert set(map(tuple, by_run.values())) == {("START", "COMPLETE")}, "each begins once, and ends once"
    assert by_run.keys() >= {whole, made["run"]["runId"]}
    assert made["job"]["facets"]["sql"]["query"] == "SELECT 1 AS one"
    (output,) = made["outputs"]
    assert output["namespace"].startswith("postgres://")
    rows = sample_retail.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == rows
    lineage = output["facets"]["columnLineage"]["fields"]
    assert {
        "namespace": output["namespace"],
        "name": "warehouse.core.fact_basket",
        "field": "day_no",
    }.items() <= lineage["r_score"]["inputFields"][0].items()
    assert {one["name"] for one in output["facets"]["schema"]["fields"]} >= {"household_key", "r_score"}
    inputs = {one["name"]: one for one in made["inputs"]}
    assert "warehouse.core.fact_basket" in inputs
    checks = inputs["warehouse.gold.household_summary"]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert len(checks) > 1
    assert all(one["success"] for one in checks)

    (loaded,) = [one for one in events if made_by(one) == ["warehouse.staged.retail_transactions"]]
    assert {(one["namespace"], Path(one["name"]).name) for one in loaded["inputs"]} >= {
        ("file", "csv_retail_transactions")
    }


def parent_of(event: dict[str, Any]) -> str | None:
    parent = event["run"]["facets"].get("parent")
    return parent["run"]["runId"] if parent else None


def made_by(event: dict[str, Any]) -> list[str]:
    return [one["name"] for one in event.get("outputs", [])]


@dg.asset(key_prefix="gold")
def failing() -> None:
    raise ValueError("there is no such thing")


@dg.asset(key_prefix="gold")
def never_ending() -> None: ...


def test_what_fails_is_told_with_its_reason(settings: Settings, log: Engine, receiver: Hook) -> None:
    before = reading.newest(log)
    with connect(settings) as databases, open_instance(settings, databases, mended=False) as instance:
        assert not dg.materialize([failing], instance=instance, raise_on_error=False).success
        send_all(settings, log, before)
    events = [event for _, event in receiver.taken]
    for event in events:
        check(event)
    assert Counter(event["eventType"] for event in events) == {"START": 2, "FAIL": 2}
    (failed,) = [one for one in events if one["eventType"] == "FAIL" and "parent" in one["run"]["facets"]]
    assert failed["job"]["name"] == "assets.gold.failing"
    assert "there is no such thing" in failed["run"]["facets"]["errorMessage"]["message"]


def test_a_receiver_that_is_away_is_told_later_and_one_that_refuses_holds_nothing_up(
    settings: Settings, log: Engine, receiver: Hook
) -> None:
    receiver.status = 503
    first = send_new(settings, log, 0, statement)
    assert (first.up_to, first.refused) == (0, 0)
    assert "503" in first.problem
    receiver.taken.clear()
    receiver.status = 422
    refused = send_new(settings, log, 0, statement)
    assert refused.problem == ""
    assert refused.refused == refused.events == len(receiver.taken)
    receiver.taken.clear()
    receiver.status = 201
    send_all(settings, log)
    once = [event for _, event in receiver.taken]
    send_all(settings, log)
    assert [event for _, event in receiver.taken] == [*once, *once], "what is told again is the same"


def test_the_sensor_begins_now_tells_what_is_new_and_fails_where_nobody_listens(
    settings: Settings, receiver: Hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRIBUTARY_HOME", str(settings.home))
    monkeypatch.setenv("TRIBUTARY_OPENLINEAGE", settings.openlineage)
    get_settings.cache_clear()
    try:
        (sensor,) = lineage_sensors({})
        with connect(settings) as databases, open_instance(settings, databases, mended=False) as instance:

            def tick(cursor: str | None) -> str | None:
                context = dg.build_sensor_context(instance=instance, cursor=cursor)
                sensor.evaluate_tick(context)
                return context.cursor

            cursor = tick(None)
            assert receiver.taken == []
            assert dg.materialize([never_ending], instance=instance).success
            after = tick(cursor)
            assert [one["eventType"] for _, one in receiver.taken] == ["START", "START", "COMPLETE", "COMPLETE"]
            receiver.status = 503
            with pytest.raises(ReceiverError, match="503"):
                tick(cursor)
            told = tmp_path / "events.jsonl"
            monkeypatch.setenv("TRIBUTARY_OPENLINEAGE", str(told))
            get_settings.cache_clear()
            assert tick(cursor) == after
            assert len(told.read_text().splitlines()) == 4
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


def test_nothing_is_told_unless_it_is_asked_for() -> None:
    assert list(lineage_sensors({})) == []
