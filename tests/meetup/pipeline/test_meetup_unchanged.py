"""A morning on which Meetup tells nothing new: no object is put, no row is written, and nothing follows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import psycopg
import pytest
from tests.meetup.pipeline.running import (
    RAW,
    RAW_EVENTS_KEY,
    STAGED,
    TABLES,
    Bench,
    load_days,
    load_snapshots,
    metadata_of,
)

from tributary.assets.calendar.dates import date_rows
from tributary.assets.calendar.tables import DIM_DATE
from tributary.assets.factory.dagster_events import asset_key
from tributary.assets.factory.model_files import ModelFolders
from tributary.assets.factory.model_reading import read_model
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset
from tributary.assets.meetup import raw_assets
from tributary.assets.meetup.arrivals import event_key
from tributary.assets.meetup.canonical import joined, line_of, lines_of, node_of
from tributary.assets.meetup.tables import EVENTS, GROUP_TOPICS, GROUPS, TITLE_WORDS, VENUES
from tributary.assets.meetup.words import title_words_asset
from tributary.assets.source import SQL
from tributary.resources.warehouse import arrow
from tributary.resources.warehouse.base import Batches
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

FIRST, LAST = date(2018, 12, 1), date(2018, 12, 7)
VERSIONS = "SELECT table_name, version FROM _parts.published_tables WHERE table_name ~ 'meetup'"
ROWS = """
SELECT 'events' AS name, max(xmin::text::bigint) AS newest, count(*) AS n FROM staged.meetup_events UNION ALL
SELECT 'venues', max(xmin::text::bigint), count(*) FROM staged.meetup_venues UNION ALL
SELECT 'groups', max(xmin::text::bigint), count(*) FROM staged.meetup_groups UNION ALL
SELECT 'facts', max(xmin::text::bigint), count(*) FROM core.fact_meetup_event
"""


@pytest.fixture(scope="module")
def whole_source() -> tuple[dg.AssetsDefinition, ...]:
    """All of the source's assets."""
    folders = ModelFolders.under(SQL)
    read = [read_model(path, folders) for path in sorted((SQL / "meetup").rglob("*.sql"))]
    tables = (*(one.table for one in TABLES), *(model.table for model in read), DIM_DATE, TITLE_WORDS)
    lineage = ModelLineage({table.key: table for table in tables})
    models = [sql_asset(model, lineage) for model in read if model.asked is None]
    return (*RAW, *STAGED, *models, title_words_asset())


@pytest.fixture
def ready(whole_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """With a calendar, and a day that does not end while the test runs."""
    monkeypatch.setattr(raw_assets, "today", lambda: date(2019, 1, 1))
    assert whole_bench.warehouse is not None
    whole_bench.warehouse.replace(DIM_DATE, Batches(date_rows().to_batches()))
    return whole_bench


def state(pg: psycopg.Connection[Any]) -> tuple[Any, Any]:
    """The versions of all tables, and the newest row and the number of rows of some; as their owner sees them."""
    return pg.execute(f"{VERSIONS} ORDER BY 1").fetchall(), pg.execute(ROWS).fetchall()


def test_a_second_morning_with_nothing_new_writes_no_row_and_starts_nothing(
    ready: Bench, whole_source: tuple[dg.AssetsDefinition, ...], pg: psycopg.Connection[Any]
) -> None:
    assert ready.run(FIRST, LAST, whole_source).success
    before, objects = state(pg), ready.objects()
    assert all(count for _, _, count in before[1])
    again = ready.run(FIRST, LAST, whole_source)
    assert again.success
    assert metadata_of(again, RAW_EVENTS_KEY)["objects changed"] == 0
    assert (state(pg), ready.objects()) == (before, objects)
    for key in (EVENTS.key, "core.fact_meetup_event", "gold.meetup_title_words", "gold.meetup_top_events"):
        assert metadata_of(again, asset_key(key))["unchanged"], key
    definitions = dg.Definitions(
        assets=whole_source,
        resources={"lake": ready.lake, "meetup": ready.meetup, "warehouse": ready.warehouse},
    )
    followers = [asset for asset in whole_source if asset not in (*RAW, *STAGED)]
    keys = dg.AssetSelection.assets(*(key for asset in followers for key in asset.keys))
    first = dg.evaluate_automation_conditions(definitions, ready.instance, keys, datetime(2019, 1, 2, tzinfo=UTC))
    ready.run(FIRST, LAST, whole_source)
    later = dg.evaluate_automation_conditions(definitions, ready.instance, keys, cursor=first.cursor)
    assert later.total_requested == 0


def test_where_one_day_has_news_that_is_written_and_what_hangs_on_it(
    ready: Bench, whole_source: tuple[dg.AssetsDefinition, ...], pg: psycopg.Connection[Any]
) -> None:
    ready.go_to(datetime(2018, 12, 6, tzinfo=UTC))
    assert ready.run(FIRST, LAST, whole_source).success
    (versions, _), objects = state(pg), ready.objects()
    ready.go_to(datetime(2018, 12, 20, tzinfo=UTC))
    assert ready.run(FIRST, LAST, whole_source).success
    assert ready.objects() != objects
    later = dict(state(pg)[0])
    moved = {name for name, version in versions if later[name] != version}
    assert {EVENTS.key, "core.fact_meetup_event", "gold.meetup_top_events"} <= moved


def test_a_reading_that_loses_a_record_is_not_published(
    bench: Bench, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2018, 3, 11)
    node: dict[str, Any] = {"title": "A", "status": "PAST", "dateTime": f"{day}T19:00:00-07:00", "group": {"id": "1"}}
    nodes = [{**node, "id": name, "token": name} for name in "abc"]
    bench.lake.put(event_key(day), joined((one["token"], line_of(one)) for one in nodes[:1]))
    load_days(warehouse, bench.lake, EVENTS, day, day)
    bench.lake.put(event_key(day), joined((one["token"], line_of(one)) for one in nodes))
    whole = arrow.batches
    monkeypatch.setattr(arrow, "batches", lambda table, rows: whole(table, list(rows)[:-1]))
    with pytest.raises(ChecksFailed, match="records_reconcile"):
        load_days(warehouse, bench.lake, EVENTS, day, day)
    assert warehouse.rows("SELECT event_id FROM staged.meetup_events") == [{"event_id": "a"}]


def test_each_staged_table_misses_a_row_that_gets_lost_on_the_way(
    ready: Bench, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.run(FIRST, LAST, (*RAW, *STAGED))
    keys = [one.table.key for one in TABLES]
    rows = {one: warehouse.rows(f"SELECT count(*) AS n FROM {one}")[0]["n"] for one in keys}
    whole = arrow.batches
    monkeypatch.setattr(arrow, "batches", lambda table, rows: whole(table, list(rows)[:-1]))
    for table in (GROUPS, GROUP_TOPICS):
        with pytest.raises(ChecksFailed, match="records_reconcile failed for 1 "):
            load_snapshots(warehouse, ready.lake, table, force=True)
    with pytest.raises(ChecksFailed, match="records_reconcile failed for 1 "):
        load_days(warehouse, ready.lake, VENUES, FIRST, LAST, force=True)
    assert rows == {one: warehouse.rows(f"SELECT count(*) AS n FROM {one}")[0]["n"] for one in keys}


def test_a_snapshot_that_says_the_same_is_not_put_again(ready: Bench) -> None:
    ready.run(FIRST, FIRST, (*RAW, *STAGED))
    key = "meetup/raw/groups/2019/01/01.jsonl"
    before = ready.lake.head(key)
    ready.run(FIRST, FIRST, (*RAW, *STAGED))
    assert ready.lake.head(key) == before
    assert len({node_of(line)["id"] for line in lines_of(ready.lake.get(key))}) > 5
