"""The social assets in real runs of Dagster's: the sensor asks, a run makes, and a replay mends what was rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.automation.partitions import Partitions
from tributary.assets.social import transformed_assets
from tributary.assets.social.arrivals import hour_path
from tributary.assets.social.due import due_hours
from tributary.assets.social.events import transform as transforming
from tributary.assets.social.partitions import key_of
from tributary.assets.social.parts import PARTS
from tributary.assets.social.sensor import social_events
from tributary.automation.jobs import source_jobs
from tributary.automation.replay import runs_for
from tributary.execution import Run
from tributary.planning import missing, out_of_date_or_due, plan
from tributary.resources.lake import open_lake
from tributary.resources.lake.model import Lake
from tributary.resources.segment.errors import BadMessage
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

NOW = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
DUES = {"social": due_hours}
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


class World:
    """The social assets on an instance, a lake and a warehouse of their own."""

    def __init__(self, instance: dg.DagsterInstance, lake: Lake, warehouse: PostgresWarehouse) -> None:
        self.instance, self.lake, self.warehouse = instance, lake, warehouse
        self.resources: dict[str, object] = {"lake": lake, "warehouse": warehouse}
        self.defs = dg.Definitions(
            assets=PARTS.assets,
            jobs=source_jobs(PARTS.assets, {}),
            resources=self.resources,
            executor=dg.in_process_executor,
        )

    def deliver(self, hour: datetime, name: str, *records: dict[str, Any]) -> None:
        self.lake.put(f"web-data/raw/{hour_path(hour)}web-data-1-{name}", "".join(map(json.dumps, records)).encode())

    def tick(self, cursor: str | None = None) -> tuple[list[dg.RunRequest], str | None]:
        context = dg.build_sensor_context(
            instance=self.instance,
            cursor=cursor,
            repository_def=self.defs.get_repository_def(),
            resources={"lake": self.lake, "warehouse": self.warehouse},
        )
        tick = social_events.evaluate_tick(context)
        return list(tick.run_requests or []), tick.cursor

    def make(self, request: dg.RunRequest) -> None:
        first, last = (request.tags[tag] for tag in RANGE)
        self.run(sorted(request.asset_selection or []), Partitions(None, first, last), dict(request.tags))

    def run(self, keys: list[dg.AssetKey], partitions: Partitions, tags: dict[str, str] | None = None) -> None:
        run = Run(self.defs, self.instance, keys, partitions, tags)
        problems = [progress.problem for progress in run.events() if progress.status == "failed"]
        assert run.succeeded, problems

    def messages(self, table: str) -> list[str]:
        rows = self.warehouse.rows(f"SELECT message_id FROM staged.{table} ORDER BY message_id")
        return [row["message_id"] for row in rows]

    @property
    def rejected(self) -> int:
        return sum(found.count for found in self.warehouse.rejected())


@pytest.fixture
def world(tmp_path: Path, warehouse: PostgresWarehouse) -> Iterator[World]:
    with dg.instance_for_test() as instance:
        yield World(instance, open_lake(str(tmp_path), region="us-east-1", endpoint_url=None), warehouse)


def post(number: int) -> dict[str, Any]:
    properties = {"post_id": number, "body": "b"}
    moment = (NOW - timedelta(minutes=number)).isoformat()
    return {
        "type": "track",
        "event": "Post Created",
        "messageId": f"m{number}",
        "userId": "u",
        "timestamp": moment,
        "properties": properties,
    }


def test_the_sensor_asks_for_new_hours_once_and_its_runs_load_them(world: World) -> None:
    assert world.tick()[0] == []
    world.deliver(NOW - timedelta(hours=2), "a", post(1))
    world.deliver(NOW, "b", post(2))
    requests, cursor = world.tick()
    assert [[request.tags[tag] for tag in RANGE] for request in requests] == [
        [key_of(NOW - timedelta(hours=2)), key_of(NOW)]
    ]
    assert set(requests[0].asset_selection or []) == {key for asset in PARTS.assets for key in asset.keys}
    world.make(requests[0])
    assert world.messages("social_posts") == ["m1", "m2"]
    assert world.tick(cursor)[0] == []
    world.deliver(NOW, "b2", post(3))
    requests, _ = world.tick(cursor)
    world.make(requests[0])
    assert world.messages("social_posts") == ["m1", "m2", "m3"]


def test_a_run_that_was_asked_for_and_never_began_is_asked_for_again(world: World) -> None:
    world.deliver(NOW, "a", post(1))
    requests, _ = world.tick()
    # The tick's cursor was lost with the process: the next look starts anew.
    again, cursor = world.tick()
    assert [request.tags for request in again] == [request.tags for request in requests]
    # The cursor was kept, the run was lost: patience first, then it is asked for again.
    assert world.tick(cursor)[0] == []
    memory = json.loads(cursor or "")
    assert world.tick(json.dumps(memory | {"asked_at": memory["asked_at"] - 120}))[0] != []
    world.make(again[0])
    world.make(requests[0])
    assert world.messages("social_posts") == ["m1"]


def test_what_was_transformed_and_never_loaded_is_asked_for(world: World) -> None:
    world.deliver(NOW, "a", post(1))
    job = world.defs.resolve_implicit_global_asset_job_def()
    requests, _ = world.tick()
    upstream = [dg.AssetKey(["raw", "json_social_events"]), dg.AssetKey(["transformed", "parquet_social_events"])]
    world.run(upstream, Partitions(key_of(NOW)))
    again, cursor = world.tick()
    assert [request.tags for request in again] == [request.tags for request in requests]
    keys = job.asset_layer.asset_graph.materializable_asset_keys
    assert [str(run.partitions) for run in plan(job, world.instance, keys, DUES, world.resources).runs] == [
        f"{key_of(NOW)} to {key_of(NOW)}"
    ]
    world.make(again[0])
    assert world.messages("social_posts") == ["m1"]
    assert world.tick(cursor)[0] == []


def test_objects_of_hours_to_come_wait_for_their_hour(world: World) -> None:
    world.deliver(NOW + timedelta(hours=3), "ahead", post(1))
    assert world.tick()[0] == []
    world.deliver(NOW, "a", post(2))
    requests, _ = world.tick()
    assert [request.tags[RANGE[1]] for request in requests] == [key_of(NOW)]


def test_nothing_is_asked_for_while_a_run_takes_objects_up(world: World) -> None:
    world.deliver(NOW, "a", post(1))
    job = world.defs.resolve_implicit_global_asset_job_def()
    key = dg.AssetKey(["raw", "json_social_events"])
    run = world.instance.create_run_for_job(job.get_subset(asset_selection={key}), asset_selection=frozenset([key]))
    assert world.tick()[0] == []
    world.instance.report_run_failed(run)
    assert world.tick()[0] != []


def test_a_replay_after_a_fix_takes_rejected_records_in_and_leaves_no_duplicate(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.deliver(NOW, "a", post(1), post(2))
    world.deliver(NOW - timedelta(hours=30), "b", post(1), post(3))
    world.deliver(NOW - timedelta(hours=31), "c", {**post(4), "type": "unknown"})

    def strict(*_: Any) -> Any:
        raise BadMessage("A rule that was wrong.")

    with monkeypatch.context() as broken:
        broken.setattr(transforming, "plain_tables", lambda records, _: ({}, list(range(len(records.starts)))))
        broken.setattr(transforming, "row_of", strict)
        for request in world.tick()[0]:
            world.make(request)
    assert world.rejected == 5
    assert world.messages("social_posts") == []
    graph = world.defs.resolve_implicit_global_asset_job_def().asset_layer.asset_graph
    for keys, partitions in runs_for(graph, {"social": PARTS}, world.warehouse.rejected()):
        world.run(list(keys), partitions, {"tributary/replay": "true"})
    assert world.rejected == 1
    assert world.messages("social_posts") == ["m1", "m2", "m3"]


def test_a_plan_names_the_hours_that_are_due_and_then_none(world: World) -> None:
    world.deliver(NOW - timedelta(hours=40), "a", post(1))
    world.deliver(NOW, "b", post(2))
    job = world.defs.resolve_implicit_global_asset_job_def()
    keys = out_of_date_or_due(world.defs, world.instance, DUES, world.resources)
    assert set(keys) == set(job.asset_layer.asset_graph.materializable_asset_keys)
    planned = plan(job, world.instance, keys, DUES, world.resources)
    assert [str(run.partitions) for run in planned.runs] == [
        f"{key_of(hour)} to {key_of(hour)}" for hour in (NOW - timedelta(hours=40), NOW)
    ]
    for run in planned.runs:
        world.run(list(run.keys), run.partitions)
    assert world.messages("social_posts") == ["m1", "m2"]
    after = plan(job, world.instance, keys, DUES, world.resources)
    assert (after.runs, after.nothing_due) == ((), ("social",))
    assert out_of_date_or_due(world.defs, world.instance, DUES, world.resources) == []


def test_no_payload_is_in_what_dagster_keeps(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "a-secret-of-somebody@example.org"
    monkeypatch.setattr(transformed_assets, "BATCH", 1)
    person = {
        "type": "identify",
        "messageId": "m1",
        "userId": "u",
        "timestamp": NOW.isoformat(),
        "traits": {"username": secret, "email": secret, "about_me": secret, "city": secret},
    }
    body = {**post(2), "properties": {"post_id": 1, "body": secret}}
    odd = {**post(3), "event": "Odd", "properties": {"what": secret}}
    bad = {**person, "messageId": "m4", "timestamp": secret}
    world.deliver(NOW, "a", person, body, odd, bad)
    world.make(world.tick()[0][0])
    assert world.rejected == 1
    assert world.warehouse.rows("SELECT email FROM staged.social_users") == [{"email": secret}]
    runs = world.instance.get_runs()
    entries = [str(entry) for run in runs for entry in world.instance.all_logs(run.run_id)]
    assert any("staged" in entry for entry in entries)
    assert not [entry for entry in entries if secret in entry]


def test_of_a_range_only_the_partitions_that_were_not_made_are_missing(world: World) -> None:
    hours = [NOW - timedelta(hours=back) for back in range(6, 0, -1)]
    job = world.defs.resolve_implicit_global_asset_job_def()
    keys = sorted(job.asset_layer.asset_graph.materializable_asset_keys)
    whole = Partitions(None, key_of(hours[0]), key_of(hours[-1]))
    assert [str(one) for one in missing(job, world.instance, keys, whole)] == [str(whole)]
    world.run(keys, Partitions(None, key_of(hours[1]), key_of(hours[2])))
    raw = dg.AssetKey(["raw", "json_social_events"])
    world.run([raw], Partitions(key_of(hours[4])))
    assert [str(one) for one in missing(job, world.instance, keys, whole)] == [
        f"{key_of(hours[0])} to {key_of(hours[0])}",
        f"{key_of(hours[3])} to {key_of(hours[5])}",
    ]
    assert [str(one) for one in missing(job, world.instance, [raw], whole)] == [
        f"{key_of(hours[0])} to {key_of(hours[0])}",
        f"{key_of(hours[3])} to {key_of(hours[3])}",
        f"{key_of(hours[5])} to {key_of(hours[5])}",
    ]
