"""The gold tables hold what an independent reckoning of the same files says, and the core tables lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

import pandas as pd
import pytest
from tests.retail import oracle


class Warehouse(Protocol):
    """A warehouse with every retail table, and the folder of the files it was loaded from."""

    @property
    def folder(self) -> Path: ...

    def rows(self, sql: str) -> list[dict[str, Any]]: ...


Reference = Callable[[oracle.Source], pd.DataFrame]


def _shared(name: str) -> Any:
    """One materialised graph serves the whole test process, so all its tests must run in the same one."""
    return pytest.param(name, marks=pytest.mark.xdist_group(name))


@pytest.fixture(scope="module", params=[_shared("sample_retail"), _shared("real_retail")])
def retail_warehouse(request: pytest.FixtureRequest) -> Warehouse:
    return cast("Warehouse", request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def source(retail_warehouse: Warehouse) -> oracle.Source:
    return oracle.read_source(retail_warehouse.folder)


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        (oracle.household_summary, ("household_key",)),
        (oracle.household_daily_spend, ("household_key", "date")),
        (oracle.section_monthly_sales, ("month_start", "section")),
        (oracle.household_rfm_by_month, ("month_start", "household_key")),
        (oracle.monthly_sales_before_exclusions, ("month_start",)),
        (oracle.household_top_products, ("household_key", "metric", "rank")),
        (oracle.campaign_daily_sales, ("campaign", "date")),
        (oracle.campaign_summary, ("campaign",)),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_gold_equals_the_oracle(
    retail_warehouse: Warehouse, source: oracle.Source, reference: Reference, key: tuple[str, ...]
) -> None:
    expected = reference(source)
    expected_rows = {_key(row, key): row for row in _records(expected)}
    actual = retail_warehouse.rows(f"SELECT * FROM gold.{reference.__name__}")
    assert len(expected_rows) > 0
    assert list(actual[0]) == list(expected.columns)
    assert len(actual) == len(expected_rows)
    assert {_key(row, key) for row in actual} == set(expected_rows)
    differing = [(row, expected_rows[_key(row, key)]) for row in actual if row != expected_rows[_key(row, key)]]
    assert differing == []


def test_every_sales_line_is_a_fact(retail_warehouse: Warehouse, source: oracle.Source) -> None:
    [fact] = retail_warehouse.rows(
        "SELECT count(*) AS lines, cast(sum(sales_value) * 100 AS bigint) AS cents, sum(quantity) AS units, "
        "count(DISTINCT basket_id) AS baskets FROM core.fact_sale"
    )
    sales = source.sales
    assert fact == {
        "lines": len(sales),
        "cents": sales["CENTS"].sum(),
        "units": sales["QUANTITY"].sum(),
        "baskets": sales["BASKET_ID"].nunique(),
    }


def test_every_fact_finds_its_dimensions(retail_warehouse: Warehouse, source: oracle.Source) -> None:
    [joined] = retail_warehouse.rows(
        "SELECT count(*) AS lines FROM core.fact_sale AS sale "
        "JOIN core.dim_household AS household ON household.household_key = sale.household_key "
        "JOIN core.dim_product AS product ON product.product_id = sale.product_id "
        "JOIN core.dim_store AS store ON store.store_id = sale.store_id "
        "JOIN core.dim_date AS day ON day.date_key = sale.date_key AND day.date = cast(sale.sold_at AS date)"
    )
    assert joined["lines"] == len(source.sales)


def test_products_are_the_listed_ones_and_those_only_sold(retail_warehouse: Warehouse, source: oracle.Source) -> None:
    listed = set(source.products["PRODUCT_ID"])
    seen = set(source.sales["PRODUCT_ID"])
    assert seen - listed, "the files should have a product that is sold but not listed"
    products = retail_warehouse.rows("SELECT * FROM core.dim_product")
    assert {row["product_id"] for row in products if row["is_listed"]} == listed
    inferred = [row for row in products if not row["is_listed"]]
    assert {row["product_id"] for row in inferred} == seen - listed
    assert {row["section"] for row in inferred} == {"misc"}
    assert len(products) == len(listed | seen)
    assert not [row for row in products if any(value == "" or str(value).isspace() for value in row.values())]


def test_households_are_all_that_shop_or_were_surveyed(retail_warehouse: Warehouse, source: oracle.Source) -> None:
    surveyed = set(source.households["household_key"].astype("int64"))
    named = surveyed | set(source.sales["household_key"])
    households = retail_warehouse.rows("SELECT household_key, has_demographics FROM core.dim_household")
    assert sorted(row["household_key"] for row in households) == sorted(named)
    assert {row["household_key"] for row in households if row["has_demographics"]} == surveyed


def test_coupons_and_targets_are_bridged_once(retail_warehouse: Warehouse, source: oracle.Source) -> None:
    [counts] = retail_warehouse.rows(
        "SELECT (SELECT count(*) FROM core.bridge_coupon_product) AS coupons, "
        "(SELECT count(*) FROM core.bridge_campaign_household) AS targets, "
        "(SELECT count(*) FROM core.fact_coupon_redemption) AS redemptions"
    )
    assert counts == {
        "coupons": len(source.coupons.drop_duplicates()),
        "targets": len(source.targets.drop_duplicates(["CAMPAIGN", "household_key"])),
        "redemptions": len(source.redemptions),
    }


def test_spend_of_the_summary_is_the_daily_spend_of_its_period(retail_warehouse: Warehouse) -> None:
    totals = retail_warehouse.rows(
        "SELECT summary.household_key, summary.total_sales AS of_summary, sum(daily.total_sales) AS of_days "
        "FROM gold.household_summary AS summary JOIN gold.household_daily_spend AS daily "
        "ON daily.household_key = summary.household_key "
        "WHERE daily.date >= date '2004-07-01' AND daily.date < date '2006-03-01' GROUP BY 1, 2"
    )
    assert len(totals) > 0
    assert [row for row in totals if row["of_summary"] != row["of_days"]] == []


def test_promotions_are_all_there_and_decoded(retail_warehouse: Warehouse) -> None:
    lines = pd.read_csv(retail_warehouse.folder / "causal_data.csv", dtype={"display": str, "mailer": str})
    expected = {code: int(count) for code, count in lines.value_counts(["display", "mailer"]).items()}
    actual = retail_warehouse.rows(
        "SELECT display, mailer, count(*) AS lines, count(DISTINCT display_location) AS locations, "
        "count(DISTINCT mailer_placement) AS placements FROM core.fact_promotion GROUP BY display, mailer"
    )
    assert {(row["display"], row["mailer"]): row["lines"] for row in actual} == expected
    assert {(row["locations"], row["placements"]) for row in actual} == {(1, 1)}


def _key(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows with None where pandas has NaN."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")  # type: ignore[return-value]
