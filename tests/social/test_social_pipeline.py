"""From event objects to staged tables: once in effect, whatever is delivered twice, comes late or is killed."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tributary.assets.factory import object_loading
from tributary.assets.factory.object_loading import Reading
from tributary.assets.factory.objects import Span
from tributary.assets.social.arrivals import hour_path, objects_from
from tributary.assets.social.due import settled_since
from tributary.assets.social.staged_assets import STAGED
from tributary.assets.social.tables import EVENTS, OTHERS, TABLES, USERS
from tributary.assets.social.transformed_assets import transform_objects
from tributary.resources.lake import open_lake
from tributary.resources.lake.folder import FolderLake
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY, WriteReport
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Table

POSTS, FOLLOWS, UNFOLLOWS, REACTIONS = EVENTS.values()
HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
END = HOUR + timedelta(hours=6)
COUNTED = "SELECT count(*) AS rows, count(DISTINCT message_id) AS messages FROM {}"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


def message(number: int, **more: Any) -> dict[str, Any]:
    moment = (HOUR + timedelta(seconds=number)).isoformat()
    return {"messageId": f"m{number}", "userId": f"u{number % 3}", "type": "page", "timestamp": moment} | more


def follow(number: int, event: str = "Follow User") -> dict[str, Any]:
    return message(number, type="track", event=event, properties={"user_id": f"u{number % 5}"})


def post(number: int) -> dict[str, Any]:
    return message(number, type="track", event="Post Created", properties={"post_id": number, "body": f"Post {number}"})


def person(number: int) -> dict[str, Any]:
    return message(number, type="identify", traits={"username": f"name{number}", "email": f"{number}@x.org"})


def deliver(lake: Lake, hour: datetime, name: str, *records: dict[str, Any] | bytes) -> str:
    key = f"web-data/raw/{hour_path(hour)}web-data-1-{name}"
    lake.put(key, b"".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in records))
    return key


def load(
    warehouse: PostgresWarehouse, lake: Lake, table: Table, start: datetime, end: datetime, *, anew: bool = False
) -> tuple[WriteReport, Reading]:
    """Load a table's files of some hours; the report, and what was read."""
    declared = next(one for one in STAGED if one.table.key == table.key)
    done = object_loading.load(declared, warehouse, lake, Span(start, end), force=anew)
    return done.report, done.reading


def take_up(lake: Lake, warehouse: PostgresWarehouse, start: datetime = HOUR, end: datetime = END) -> None:
    """What the assets do, in their order."""
    done = settled_since(lake, warehouse, start, END)
    new = [found for found in objects_from(lake, start, end) if found.key not in done]
    list(transform_objects(lake, warehouse, new, NOBODY))
    for table in TABLES:
        load(warehouse, lake, table, start, end)


def contents(warehouse: PostgresWarehouse) -> dict[str, list[dict[str, Any]]]:
    tables = {
        table.key: warehouse.rows(f"SELECT * FROM {table.key} ORDER BY message_id, source_object, record_offset")
        for table in TABLES
    }
    rejected = "SELECT table_name, source, byte_offset, raw_text, reason FROM quarantine.rejected_rows ORDER BY 1, 2, 3"
    return tables | {"rejected": warehouse.rows(rejected)}


def fill(lake: Lake) -> None:
    deliver(lake, HOUR, "a", person(1), follow(2), b'{"half', post(3), follow(4, "Unfollow User"), message(5))
    deliver(lake, HOUR, "b", follow(2), follow(6), message(5), b"[1]")
    deliver(lake, HOUR + timedelta(hours=1), "c", post(3), person(7), message(8, type="track"), message(9, event="Odd"))


def test_each_message_becomes_a_row_of_its_table_and_bad_records_are_kept(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    fill(lake)
    take_up(lake, warehouse)
    found = contents(warehouse)
    ids = {key: [row["message_id"] for row in rows] for key, rows in found.items() if key != "rejected"}
    assert ids == {
        USERS.key: ["m1", "m7"],
        POSTS.key: ["m3"],
        FOLLOWS.key: ["m2", "m6"],
        UNFOLLOWS.key: ["m4"],
        REACTIONS.key: [],
        OTHERS.key: ["m5", "m9"],
    }
    assert [(row["table_name"], row["source"][-1], row["raw_text"]) for row in found["rejected"]] == [
        ("raw.json_social_events", "a", '{"half'),
        ("raw.json_social_events", "b", "[1]"),
        ("raw.json_social_events", "c", json.dumps(message(8, type="track"))),
    ]
    whole = {key: lake.get(key) for key in {row["source"] for row in found["rejected"]}}
    for row in found["rejected"]:
        raw = row["raw_text"].encode()
        assert whole[row["source"]][row["byte_offset"] :].startswith(raw)


def test_of_a_message_delivered_in_several_hours_the_first_delivery_counts_whenever_each_is_taken_up(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    late = deliver(lake, HOUR + timedelta(hours=3), "z", post(1), post(2))
    take_up(lake, warehouse)
    assert {row["source_object"] for row in contents(warehouse)[POSTS.key]} == {late}
    early = deliver(lake, HOUR, "a", post(1))
    take_up(lake, warehouse)
    rows = contents(warehouse)[POSTS.key]
    assert [(row["message_id"], row["source_object"]) for row in rows] == [("m1", early), ("m2", late)]


def test_taking_up_again_changes_nothing_and_loads_nothing(lake: Lake, warehouse: PostgresWarehouse) -> None:
    fill(lake)
    take_up(lake, warehouse)
    before = contents(warehouse)
    take_up(lake, warehouse)
    assert contents(warehouse) == before
    report, reading = load(warehouse, lake, POSTS, HOUR, END)
    assert (report.rows, reading.rows) == (0, {})


def test_parquet_names_follow_from_the_objects_so_that_a_repeat_overwrites(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    fill(lake)
    take_up(lake, warehouse)
    before = {found.key: lake.get(found.key) for found in lake.list("web-data/transformed/social_")}
    objects = list(objects_from(lake, HOUR, END))
    list(transform_objects(lake, warehouse, objects, NOBODY))
    assert {found.key: lake.get(found.key) for found in lake.list("web-data/transformed/social_")} == before
    assert all(key.startswith("web-data/transformed/social_") and key.endswith(".parquet") for key in before)
    take_up(lake, warehouse)
    assert [row["message_id"] for row in contents(warehouse)[POSTS.key]] == ["m3"]


class Killed:
    """Ends the process, as `kill -9` would, just before the write of the given number."""

    def __init__(self, at: int) -> None:
        self.left = at

    def before(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self.left == 0:
                os._exit(9)
            self.left -= 1
            return method(*arguments, **named)

        return counted


def killed_at(number: int, work: Callable[[], None]) -> bool:
    """Do the work in another process that is killed before its write of that number; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            killer = Killed(number)
            for owner, names in (
                (FolderLake, ("put", "delete_prefix")),
                (PostgresWarehouse, ("replace", "reject")),
            ):
                for name in names:
                    setattr(owner, name, killer.before(getattr(owner, name)))
            work()
        except BaseException:  # noqa: BLE001 - a child of a fork must not come back into pytest
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def test_killed_before_any_of_its_writes_and_run_again_no_event_is_lost_and_none_is_there_twice(
    tmp_path: Path, warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    whole = open_lake(str(tmp_path / "whole"), region="us-east-1", endpoint_url=None)
    fill(whole)
    take_up(whole, warehouse)
    expected = contents(warehouse)
    for number in range(200):
        pg.execute("DROP SCHEMA staged, _parts, quarantine CASCADE")
        lake = open_lake(str(tmp_path / str(number)), region="us-east-1", endpoint_url=None)
        fill(lake)
        killed = killed_at(number, lambda lake=lake: take_up(lake, warehouse))
        take_up(lake, warehouse)
        assert contents(warehouse) == expected, f"killed before write {number}"
        if not killed:
            break
    assert number > 15
