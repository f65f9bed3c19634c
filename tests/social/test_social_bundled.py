"""Raw objects that were put together: staging, forcing, replaying by object, and erasing go on as before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from tests.social.test_social_pipeline import END, HOUR, POSTS, contents, deliver, fill, load, post, take_up

from tributary.assets.platform.compaction import past_hours, raw_compaction
from tributary.assets.social.arrivals import RAW, objects_from
from tributary.assets.social.due import settled_since
from tributary.assets.social.events.erasure import entomb, read_erased, sweep
from tributary.assets.social.transformed_assets import transform_objects
from tributary.resources.lake import open_lake
from tributary.resources.lake.bundles import BundledLake
from tributary.resources.warehouse.base import NOBODY
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse


@pytest.fixture
def lake(tmp_path: Path) -> BundledLake:
    return BundledLake(open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None), RAW)


def put_together(lake: BundledLake) -> None:
    """What two nights do."""
    done = dg.materialize([raw_compaction], resources={"lake": lake})
    [made] = done.asset_materializations_for_node("platform__raw_compaction")
    assert made.metadata["hours"].value == len(list(past_hours(lake.single, datetime.now(UTC))))
    for place in past_hours(lake.single, datetime.now(UTC)):
        lake.bundle(place, grace=0)


def test_what_was_noted_of_objects_stays_true(lake: BundledLake, warehouse: PostgresWarehouse) -> None:
    fill(lake)
    take_up(lake, warehouse)
    before, keys = contents(warehouse), [info.key for info in objects_from(lake, HOUR, END)]
    put_together(lake)
    assert [info.key for info in objects_from(lake.single, HOUR, END)] == keys[2:]  # of an hour with one, that one
    assert settled_since(lake, warehouse, HOUR, END, list(objects_from(lake, HOUR, END))) == set(keys)
    report, reading = load(warehouse, lake, POSTS, HOUR, END)
    assert (report.rows, reading.rows, contents(warehouse)) == (0, {}, before)
    # A replay, or --force, reads each object again under its name.
    list(transform_objects(lake, warehouse, list(objects_from(lake, HOUR, END)), NOBODY))
    load(warehouse, lake, POSTS, HOUR, END, anew=True)
    assert contents(warehouse) == before


def test_what_comes_late_is_taken_up_and_joins(lake: BundledLake, warehouse: PostgresWarehouse) -> None:
    fill(lake)
    take_up(lake, warehouse)
    put_together(lake)
    late = deliver(lake, HOUR, "late", post(40))
    take_up(lake, warehouse)
    put_together(lake)
    assert lake.single.head(late) is None
    assert (contents(warehouse)[POSTS.key][-1]["source_object"], lake.get(late) != b"") == (late, True)


def test_who_is_erased_goes_from_what_was_put_together_too(lake: BundledLake, warehouse: PostgresWarehouse) -> None:
    fill(lake)
    take_up(lake, warehouse)
    put_together(lake)
    entomb(lake, "u1", ["u1"], [])
    assert len(list(sweep(lake, read_erased(lake)))) == 3
    put_together(lake)
    single = [lake.single.get(info.key) for info in lake.single.list("") if not info.key.startswith("web-data/erased/")]
    assert not [data for data in single if b'"userId": "u1"' in data]
    take_up(lake, warehouse)
    assert {row["user_id"] for rows in contents(warehouse).values() for row in rows if "user_id" in row} == {"u0", "u2"}
