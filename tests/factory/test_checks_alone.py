"""Checks run alone look at the rows that stand; checks of refused rows speak of no materialisation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest

from tributary.assets.factory.model_reading import load_models
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset
from tributary.assets.factory.table_assets import Made, table_asset
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

SALES = Table("staged", "sales", (Column("day", "date", "Day."), Column("amount", "integer", "Amount.")))
BODY = """description: Sales.
grain: one row a sale
columns:
  day: {{type: date, description: "Day."}}
  amount: {{type: integer, description: "Amount."}}
checks:
  - unique: [amount]
  - expression: "amount < 100"
    name: small
    severity: warn
*/
SELECT s.day, s.amount FROM staged.sales AS s
"""
KINDS = {
    "table": "/*\n" + BODY,
    "view": "/*\nkind: view\n" + BODY,
    "window": "/*\nwindow: {{column: day, every: day, start: 2026-01-01}}\n" + BODY,
}


def made(_warehouse: Warehouse, _origin: Origin) -> Made:
    return Made(Select("SELECT day, amount FROM staged.sales"))


def python_asset() -> dg.AssetsDefinition:
    table = Table(
        "core",
        "made",
        SALES.columns,
        checks=(Expression("amount > 0", title="positive"), Expression("amount < 100", title="small", severity="warn")),
    )
    told = dg.AssetCheckSpec("of_a_write", asset=["core", "made"])
    return table_asset(
        table, made, source="shop", deps=["staged.sales"], defined_in=__file__, code_version="1", extra_checks=[told]
    )


def model_asset(folder: Path, kind: str) -> dg.AssetsDefinition:
    path = folder / "shop" / "core" / "made.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(KINDS[kind].format())
    model = load_models(folder, [SALES])["core.made"]
    return sql_asset(model, ModelLineage({SALES.key: SALES, model.key: model.table}))


@pytest.fixture(params=[*KINDS, "python"])
def asset(request: pytest.FixtureRequest, tmp_path: Path) -> dg.AssetsDefinition:
    return python_asset() if request.param == "python" else model_asset(tmp_path, request.param)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


class Shop:
    """One asset on sales, made and checked by Dagster."""

    def __init__(self, asset: dg.AssetsDefinition, warehouse: PostgresWarehouse, instance: dg.DagsterInstance) -> None:
        self.asset, self.warehouse, self.instance = asset, warehouse, instance

    def sell(self, *amounts: int) -> None:
        rows = " UNION ALL ".join(f"SELECT date '2026-01-01' AS day, {amount} AS amount" for amount in amounts)
        self.warehouse.replace(SALES, Select(rows))

    def run(self, selection: dg.AssetSelection | None = None) -> dg.ExecuteInProcessResult:
        alone = selection is not None
        return dg.materialize(
            [self.asset],
            resources={"warehouse": self.warehouse},
            instance=self.instance,
            selection=selection,
            partition_key="2026-01-01" if self.asset.partitions_def is not None and not alone else None,
            raise_on_error=False,
        )


@pytest.fixture
def shop(asset: dg.AssetsDefinition, warehouse: PostgresWarehouse, instance: dg.DagsterInstance) -> Shop:
    found = Shop(asset, warehouse, instance)
    found.sell(1, 200)
    assert found.run().success
    return found


def results(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str | None]]:
    """By check, whether it passed, and the run of the materialisation that it speaks of."""
    return {
        one.check_name: (one.passed, one.target_materialization_data and one.target_materialization_data.run_id)
        for one in result.get_asset_check_evaluations()
    }


def test_results_speak_of_the_materialisation_of_their_own_run(shop: Shop) -> None:
    again = shop.run()
    assert {run for _, run in results(again).values()} == {again.run_id}


def test_checks_run_alone_look_at_what_stands_and_make_nothing(shop: Shop) -> None:
    (last,) = shop.instance.fetch_materializations(dg.AssetKey(["core", "made"]), limit=1).records
    keys = sorted(shop.asset.check_keys)
    alone = shop.run(dg.AssetSelection.checks(*keys))
    assert alone.success
    assert alone.get_asset_materialization_events() == []
    found = results(alone)
    assert found.pop("small") == (False, last.run_id)
    assert set(found.values()) == {(True, last.run_id)}
    one = next(key for key in keys if key.name == "small")
    assert set(results(shop.run(dg.AssetSelection.checks(one)))) == {"small"}


def test_a_blocking_check_that_fails_on_what_stands_fails_the_run_in_one_sentence(
    shop: Shop, pg: psycopg.Connection[Any]
) -> None:
    if shop.asset.op.name == "core__made" and "unique_amount" in {key.name for key in shop.asset.check_keys}:
        broken, breaking = "unique_amount", "INSERT INTO {} SELECT date '2026-01-01', 1"
    else:
        broken, breaking = "positive", "INSERT INTO {} SELECT date '2026-01-01', -1"
    standing = "staged.sales" if is_view(pg) else "core.made"
    pg.execute(breaking.format(standing))  # type: ignore[arg-type]  # by hand, and nobody else
    alone = shop.run(dg.AssetSelection.checks(*shop.asset.check_keys))
    assert not alone.success
    assert results(alone)[broken][0] is False
    failure = alone.failure_data_for_node("core__made")
    assert failure is not None
    assert failure.user_failure_data is not None
    said = failure.user_failure_data.description or ""
    assert said.startswith("The rows of core.made that stand break its checks, and stay: ")
    assert broken in said
    assert "not published" not in said


def test_results_of_refused_rows_have_no_target_and_the_asset_tells_why(shop: Shop) -> None:
    if shop.asset.op.name != "core__made" or "unique_amount" not in {key.name for key in shop.asset.check_keys}:
        shop.sell(-1)
    else:
        shop.sell(5, 5)
    refused = shop.run()
    assert not refused.success
    found = results(refused)
    assert found
    assert {run for _, run in found.values()} == {None}
    (observed,) = shop.instance.fetch_observations(dg.AssetKey(["core", "made"]), limit=1).records
    assert observed.asset_observation is not None
    told = {key: str(value.value) for key, value in observed.asset_observation.metadata.items()}
    assert "core.made was not published and keeps its old rows" in told["refused"]
    assert "keeps the rows of its latest materialisation" in told["rows that stand"]


def is_view(pg: psycopg.Connection[Any]) -> bool:
    row = pg.execute("SELECT relkind = 'v' FROM pg_class WHERE oid = 'core.made'::regclass").fetchone()
    return bool(row and row[0])
