"""Objects that are rewritten, and derived files that are lost or cut: these are made again from what is raw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.social.test_social_pipeline import END, FOLLOWS, HOUR, POSTS, contents, deliver, follow, load, post, take_up

from tributary.assets.social.arrivals import objects_from
from tributary.assets.social.due import due_hours, settled_since
from tributary.assets.social.events.receipts import is_done, read_receipts, sizes_of_files
from tributary.assets.social.tables import TABLES
from tributary.assets.social.transformed_assets import transform_objects
from tributary.resources.lake import open_lake
from tributary.resources.lake.errors import ObjectDamagedError
from tributary.resources.lake.model import Lake
from tributary.resources.warehouse.base import NOBODY
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

LATER, LATEST = HOUR + timedelta(hours=1), HOUR + timedelta(hours=3)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)


def take_up_hour(lake: Lake, warehouse: PostgresWarehouse, hour: datetime, *, anew: bool = False) -> None:
    """What a run over one hour does."""
    end = hour + timedelta(hours=1)
    objects = list(objects_from(lake, hour, end))
    known, sizes = read_receipts(lake, [f"{hour:%Y/%m/%d/%H/}"]), sizes_of_files(lake, hour, end)
    list(transform_objects(lake, warehouse, [o for o in objects if not is_done(known.get(o.key), o, sizes)], NOBODY))
    for table in TABLES:
        load(warehouse, lake, table, hour, end, anew=anew)


def deliveries(warehouse: PostgresWarehouse, table: str = POSTS.key) -> list[tuple[str, str]]:
    rows = contents(warehouse)[table]
    return [(row["message_id"], row["source_object"].rpartition("-")[2]) for row in rows]


@pytest.mark.parametrize("anew", [False, True])
def test_a_message_that_a_rewritten_object_lost_comes_back_from_the_object_that_holds_it_too(
    lake: Lake, warehouse: PostgresWarehouse, anew: bool
) -> None:
    deliver(lake, HOUR, "first", post(1), post(2), post(3))
    deliver(lake, LATER, "second", post(2), post(4))
    deliver(lake, LATEST, "third", post(3), post(2))
    take_up(lake, warehouse)
    assert deliveries(warehouse) == [("m1", "first"), ("m2", "first"), ("m3", "first"), ("m4", "second")]

    deliver(lake, HOUR, "first", post(1), post(5))
    take_up_hour(lake, warehouse, HOUR, anew=anew)
    assert deliveries(warehouse) == [
        ("m1", "first"),
        ("m2", "second"),
        ("m3", "third"),
        ("m4", "second"),
        ("m5", "first"),
    ]
    # The one that came back gives way again.
    deliver(lake, HOUR, "first", post(1), post(2))
    take_up_hour(lake, warehouse, HOUR, anew=anew)
    assert deliveries(warehouse) == [("m1", "first"), ("m2", "first"), ("m3", "third"), ("m4", "second")]


def test_an_object_that_lost_all_rows_of_a_table_gives_them_up_to_others(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    deliver(lake, HOUR, "first", post(1), follow(2))
    deliver(lake, LATER, "second", post(1), follow(2))
    take_up(lake, warehouse)
    deliver(lake, HOUR, "first", follow(2))
    take_up_hour(lake, warehouse, HOUR)
    assert deliveries(warehouse) == [("m1", "second")]
    assert deliveries(warehouse, FOLLOWS.key) == [("m2", "first")]


def test_an_object_loaded_again_for_its_neighbour_may_itself_have_been_rewritten(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    deliver(lake, HOUR, "first", post(1))
    deliver(lake, LATER, "second", post(1), post(2))
    deliver(lake, LATEST, "third", post(2))
    take_up(lake, warehouse)
    deliver(lake, HOUR, "first", post(9))
    deliver(lake, LATER, "second", post(1))
    list(transform_objects(lake, warehouse, list(objects_from(lake, HOUR, END)), NOBODY))
    load(warehouse, lake, POSTS, HOUR, HOUR + timedelta(hours=1))
    assert deliveries(warehouse) == [("m1", "second"), ("m2", "third"), ("m9", "first")]


def test_a_rewritten_object_is_not_settled(lake: Lake, warehouse: PostgresWarehouse) -> None:
    now = datetime.now(tz=UTC)
    key = deliver(lake, now, "a", post(1))
    take_up(lake, warehouse, now, now + timedelta(hours=1))
    take_up_hour(lake, warehouse, now.replace(minute=0, second=0, microsecond=0))
    assert settled_since(lake, warehouse, now, now, list(objects_from(lake, now))) == {key}
    deliver(lake, now, "a", post(2))
    assert settled_since(lake, warehouse, now, now, list(objects_from(lake, now))) == set()


@pytest.mark.parametrize("damage", ["deleted", "cut"])
def test_a_receipt_counts_only_with_its_files(lake: Lake, warehouse: PostgresWarehouse, damage: str) -> None:
    hour = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
    key = deliver(lake, hour, "a", post(1), follow(2))
    resources: dict[str, Any] = {"lake": lake, "warehouse": warehouse}
    take_up_hour(lake, warehouse, hour)
    assert due_hours(resources, False) == []
    (file,) = (info.key for info in lake.list("web-data/transformed/social_posts/"))
    whole = lake.get(file)
    if damage == "cut":
        lake.put(file, whole[:100])
    else:
        lake.delete_prefix(file)
    assert settled_since(lake, warehouse, hour, hour) == set()
    assert len(due_hours(resources, False)) == 1
    take_up_hour(lake, warehouse, hour)
    assert lake.get(file) == whole
    assert settled_since(lake, warehouse, hour, hour) == {key}
    assert deliveries(warehouse) == [("m1", "a")]


@pytest.mark.parametrize("damage", ["cut", "garbled", "gone"])
def test_a_file_that_is_damaged_is_named_with_what_mends_it(
    lake: Lake, warehouse: PostgresWarehouse, damage: str
) -> None:
    deliver(lake, HOUR, "a", post(1))
    take_up(lake, warehouse)
    (file,) = (info.key for info in lake.list("web-data/transformed/social_posts/"))
    whole = lake.get(file)
    lake.delete_prefix(file)
    if damage != "gone":
        lake.put(file, whole[:100] if damage == "cut" else whole[:4] + bytes(len(whole) - 12) + whole[-8:])
    with pytest.raises(
        ObjectDamagedError, match=rf"{file}.* Materialise transformed\.parquet_social_events for its hour"
    ):
        load(warehouse, lake, POSTS, HOUR, END, anew=True)
    assert len(deliveries(warehouse)) == 1


def test_files_with_fewer_rows_than_their_receipt_says_are_refused_and_the_old_rows_stay(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    deliver(lake, HOUR, "a", post(1))
    take_up(lake, warehouse)
    deliver(lake, HOUR, "b", post(2), post(3))
    list(transform_objects(lake, warehouse, list(objects_from(lake, HOUR, END)), NOBODY))
    receipt = f"web-data/transformed/_receipts/{HOUR:%Y/%m/%d/%H/}web-data-1-b.json"
    lake.put(receipt, lake.get(receipt).replace(b'"rows": 2', b'"rows": 3'))
    with pytest.raises(ChecksFailed, match="records_reconcile"):
        load(warehouse, lake, POSTS, HOUR, END)
    assert deliveries(warehouse) == [("m1", "a")]


def test_where_nothing_has_arrived_one_hour_is_due_that_makes_empty_tables(
    lake: Lake, warehouse: PostgresWarehouse
) -> None:
    resources: dict[str, Any] = {"lake": lake, "warehouse": warehouse}
    (only,) = due_hours(resources, True)
    assert due_hours(resources, False) == [only]
    assert only.first == only.last
    take_up_hour(lake, warehouse, datetime.strptime(only.first, "%Y-%m-%d-%H:%M").replace(tzinfo=UTC))
    assert {key: rows for key, rows in contents_of(warehouse).items() if rows} == {}
    assert due_hours(resources, False) == due_hours(resources, True) == []


def contents_of(warehouse: PostgresWarehouse) -> dict[str, list[dict[str, Any]]]:
    return {table.key: warehouse.rows(f"SELECT * FROM {table.key}") for table in TABLES}
