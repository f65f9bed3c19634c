"""A model with a window, materialised by a real Dagster run: partitions, ranges, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from tributary.assets.factory.model_reading import load_models
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset
from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

EVENTS = Table("staged", "events", (Column("at", "timestamp", "At."), Column("n", "integer", "N.")))
MODEL = """/*
description: Events a day.
grain: one row a day
window: {column: day, every: day, start: 2024-01-01}
columns:
  day: {type: date, description: "Day."}
  events: {type: bigint, description: "Events."}
checks:
  - unique: [day]
*/
SELECT CAST(e.at AS date) AS day, count(*) AS events FROM staged.events AS e GROUP BY CAST(e.at AS date)
"""


@pytest.fixture
def daily(tmp_path: Path, warehouse: PostgresWarehouse) -> dg.AssetsDefinition:
    path = tmp_path / "shop" / "gold" / "daily_events.sql"
    path.parent.mkdir(parents=True)
    path.write_text(MODEL)
    warehouse.replace(
        EVENTS,
        Select("SELECT timestamp '2024-01-01' + g * interval '6 hours' AS at, g AS n FROM generate_series(0, 39) AS g"),
    )
    models = load_models(tmp_path, [EVENTS])
    model = models["gold.daily_events"]
    return sql_asset(model, ModelLineage({EVENTS.key: EVENTS, model.key: model.table}))


def run(asset: dg.AssetsDefinition, warehouse: PostgresWarehouse, start: str, end: str) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [asset],
        resources={"warehouse": warehouse},
        instance=dg.DagsterInstance.ephemeral(),
        tags={"dagster/asset_partition_range_start": start, "dagster/asset_partition_range_end": end},
    )


def days(warehouse: PostgresWarehouse) -> list[tuple[str, int]]:
    rows = warehouse.rows("SELECT day::text AS day, events FROM gold.daily_events ORDER BY day")
    return [(row["day"], row["events"]) for row in rows]


def test_one_run_replaces_its_range_of_partitions_and_no_more(
    daily: dg.AssetsDefinition, warehouse: PostgresWarehouse
) -> None:
    assert run(daily, warehouse, "2024-01-02", "2024-01-04").success
    assert days(warehouse) == [("2024-01-02", 4), ("2024-01-03", 4), ("2024-01-04", 4)]
    warehouse.replace(EVENTS, Select("SELECT timestamp '2024-01-03 10:00' AS at, 1 AS n"))
    assert run(daily, warehouse, "2024-01-03", "2024-01-03").success
    assert days(warehouse) == [("2024-01-02", 4), ("2024-01-03", 1), ("2024-01-04", 4)]


def test_each_partition_of_the_range_is_recorded(daily: dg.AssetsDefinition, warehouse: PostgresWarehouse) -> None:
    result = run(daily, warehouse, "2024-01-02", "2024-01-04")
    events = result.get_asset_materialization_events()
    assert {event.partition for event in events} == {"2024-01-02", "2024-01-03", "2024-01-04"}


def test_of_rows_of_one_key_the_first_is_kept_over_all_partitions(tmp_path: Path, warehouse: PostgresWarehouse) -> None:
    model = """/*
description: Events, each once.
grain: one row an event
window: {column: day, every: day, start: 2024-01-01}
deduplicate: {key: [n], order: [day]}
columns:
  day: {type: date, description: "Day."}
  n: {type: integer, description: "N."}
checks:
  - unique: [n]
*/
SELECT CAST(e.at AS date) AS day, e.n FROM staged.events AS e
"""
    path = tmp_path / "shop" / "gold" / "moved.sql"
    path.parent.mkdir(parents=True)
    path.write_text(model)
    found = load_models(tmp_path, [EVENTS])["gold.moved"]
    asset = sql_asset(found, ModelLineage({EVENTS.key: EVENTS, found.key: found.table}))
    warehouse.replace(EVENTS, Select("SELECT timestamp '2024-01-03' AS at, 1 AS n"))
    assert run(asset, warehouse, "2024-01-03", "2024-01-03").success
    warehouse.replace(EVENTS, Select("SELECT timestamp '2024-01-02' AS at, 1 AS n"))
    assert run(asset, warehouse, "2024-01-02", "2024-01-02").success
    assert warehouse.rows("SELECT day::text AS day, n FROM gold.moved") == [{"day": "2024-01-02", "n": 1}]


def test_of_a_range_only_the_last_partition_tells_what_is_long(
    daily: dg.AssetsDefinition, warehouse: PostgresWarehouse
) -> None:
    told = {
        str(event.partition): event.materialization.metadata
        for event in run(daily, warehouse, "2024-01-02", "2024-01-04").get_asset_materialization_events()
    }
    assert all(metadata["dagster/row_count"].value == 3 for metadata in told.values())
    assert all(metadata["dagster/partition_row_count"].value == 1 for metadata in told.values())
    assert [day for day, metadata in told.items() if "preview" in metadata] == ["2024-01-04"]
    assert [day for day, metadata in told.items() if "dagster/column_lineage" in metadata] == ["2024-01-04"]
    (alone,) = run(daily, warehouse, "2024-01-03", "2024-01-03").get_asset_materialization_events()
    assert "preview" in alone.materialization.metadata


@pytest.mark.parametrize(
    ("column", "kind", "every", "keys", "rows"),
    [
        ("day", "date", "day", ["2024-01-02", "2024-01-03", "2024-01-04"], [2, 0, 3]),
        ("at", "timestamp", "hour", ["2024-01-02-05:00", "2024-01-02-06:00", "2024-01-02-07:00"], [1, 0, 1]),
        ("at", "timestamp", "month", ["2024-01-01", "2024-02-01"], [5, 2]),
    ],
)
def test_each_partition_tells_its_own_rows_and_all_tell_those_of_the_table(
    tmp_path: Path,
    warehouse: PostgresWarehouse,
    column: str,
    kind: str,
    every: str,
    keys: list[str],
    rows: list[int],
) -> None:
    path = tmp_path / "shop" / "gold" / "kept_events.sql"
    path.parent.mkdir(parents=True)
    path.write_text(f"""/*
description: Events.
grain: one row an event
window: {{column: {column}, every: {every}, start: 2024-01-01}}
columns:
  {column}: {{type: {kind}, description: "When."}}
  n: {{type: integer, description: "N."}}
*/
SELECT CAST(e.at AS {kind}) AS {column}, e.n FROM staged.events AS e
""")
    found = load_models(tmp_path, [EVENTS])["gold.kept_events"]
    asset = sql_asset(found, ModelLineage({EVENTS.key: EVENTS, found.key: found.table}))
    moments = [
        "01-02 05:10",
        "01-02 07:59:59.999999",
        "01-04 00:00",
        "01-04 12:00",
        "01-04 23:59",
        "02-01 00:00",
        "02-29",
    ]
    values = ", ".join(f"(timestamp '2024-{moment}', {n})" for n, moment in enumerate(moments))
    warehouse.replace(EVENTS, Select(f"SELECT v.at, v.n FROM (VALUES {values}) AS v(at, n)"))

    def told(start: str, end: str) -> list[tuple[int, int]]:
        events = run(asset, warehouse, start, end).get_asset_materialization_events()
        metadata = {str(event.partition): event.materialization.metadata for event in events}
        return [
            (int(str(one["dagster/partition_row_count"].value)), int(str(one["dagster/row_count"].value)))
            for _, one in sorted(metadata.items())
        ]

    assert told(keys[0], keys[-1]) == [(n, sum(rows)) for n in rows]
    # Of another run the table's rows are still all of them, whether it adds or takes away.
    assert told(keys[0], keys[0]) == [(rows[0], sum(rows))]
    warehouse.replace(EVENTS, Select("SELECT timestamp '2031-01-01' AS at, 1 AS n"))
    assert told(keys[0], keys[0]) == [(0, sum(rows) - rows[0])]
    assert warehouse.rows("SELECT count(*) AS n FROM gold.kept_events")[0]["n"] == sum(rows) - rows[0]


def test_a_model_that_changes_its_columns_says_which_partitions_to_make_again(
    daily: dg.AssetsDefinition, tmp_path: Path, warehouse: PostgresWarehouse
) -> None:
    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-04"}
    path = tmp_path / "shop" / "gold" / "daily_events.sql"
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"warehouse": warehouse}
        assert dg.materialize([daily], resources=resources, instance=instance, tags=tags).success
        path.write_text(
            MODEL.replace("checks:", '  first: {type: integer, description: "First."}\nchecks:').replace(
                "AS events FROM", "AS events, min(e.n) AS first FROM"
            )
        )
        model = load_models(tmp_path, [EVENTS])["gold.daily_events"]
        changed = sql_asset(model, ModelLineage({EVENTS.key: EVENTS, model.key: model.table}))
        result = dg.materialize([changed], resources=resources, instance=instance, partition_key="2024-01-02")
        told = result.asset_materializations_for_node("gold__daily_events")[0].metadata
    assert str(told["columns changed"].value).startswith("gold.daily_events changed its columns (first is new)")
    assert told["partitions to make again"].value == (
        "tributary materialize gold.daily_events --from 2024-01-01 --to 2024-01-01 --force; "
        "tributary materialize gold.daily_events --from 2024-01-03 --to 2024-01-04 --force"
    )
    assert warehouse.rows("SELECT count(*) AS n, count(first) AS c FROM gold.daily_events") == [{"n": 4, "c": 1}]
