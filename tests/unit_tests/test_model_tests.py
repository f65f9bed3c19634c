"""Unit tests of models: what passes, what fails and how it is told, and what cannot be read."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.reporting.asking import ITEMS, load

from tributary.assets.factory.bound import Relation
from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.flow import ModelLineage
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_reading import load_models
from tributary.assets.unit_tests.declared import UnitTest, beside, read_tests
from tributary.assets.unit_tests.running import Outcome, bound_test, differing, run_test
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

SALES = Table(
    "staged",
    "sales",
    (
        Column("sale_id", "bigint", "Sale."),
        Column("shop", "text", "Shop."),
        Column("sold_at", "timestamp", "When."),
        Column("day", "date", "Day."),
        Column("amount", "decimal(12,2)", "Dollars."),
        Column("share", "double", "Share."),
        Column("is_gift", "boolean", "Whether."),
        Column("pieces", "integer", "Pieces."),
    ),
)
SHOPS = Table("staged", "shops", (Column("shop", "text", "Shop."), Column("city", "text", "City.")))
BY_CITY = """/*
description: Sales by city.
grain: one row a city
columns:
  city: {type: text, description: City.}
  amount: {type: "decimal(14,2)", description: Dollars.}
  share: {type: double, description: Share of 100% of it.}
*/
with sales as (select shop, amount, share from staged.sales where not is_gift)
select shops.city, sum(sales.amount) as amount, max(sales.share) as share
from sales
inner join staged.shops on shops.shop = sales.shop
group by shops.city
"""
COPY = "/*\ndescription: All.\ngrain: one row a sale\ncolumns:\n{}\n*/\nselect {} from staged.sales\n".format(
    "\n".join(f'  {one.name}: {{type: "{one.type}", description: It.}}' for one in SALES.columns),
    ", ".join(one.name for one in SALES.columns),
)


def model(tmp_path: Path, text: str = BY_CITY) -> SqlModel:
    path = tmp_path / "sql" / "shops" / "gold" / "found.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_models(tmp_path / "sql", [SALES, SHOPS])["gold.found"]


def read(tmp_path: Path, tests: str, text: str = BY_CITY) -> list[UnitTest]:
    found = model(tmp_path, text)
    beside(found).write_text(tests)
    tables = {one.key: one for one in (SALES, SHOPS, found.table)}
    return read_tests(found, tables, ModelLineage(tables))


def outcome(warehouse: PostgresWarehouse, tmp_path: Path, tests: str, text: str = BY_CITY) -> Outcome:
    (one,) = read(tmp_path, tests, text)
    return run_test(warehouse, one)


GIVEN = """
gifts do not count:
  given:
    staged.sales: |
      sale_id,shop,amount,share,is_gift
      1,a,1.50,0.1,false
      2,a,2.50,0.2,false
      3,a,99,0.9,true
      4,b,7,,false
    staged.shops:
      - {shop: a, city: Köln}
      - {shop: b, city: "O'Fallon"}
  expect:
"""
RIGHT = "    - {city: O'Fallon, amount: 7, share: null}\n    - {city: Köln, amount: 4.00, share: 0.2}\n"


def test_rows_are_compared_in_any_order_by_value_and_nothing_is_written(
    warehouse: PostgresWarehouse, tmp_path: Path
) -> None:
    found = outcome(warehouse, tmp_path, GIVEN + RIGHT)
    assert (found.passed, found.refused) == (True, "")
    assert found.test.silent == ()
    assert warehouse.rows("SELECT 1 AS x FROM pg_tables WHERE schemaname IN ('staged', 'gold')") == []


def test_only_the_columns_that_are_named_are_compared(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    assert outcome(warehouse, tmp_path, GIVEN + "    - {city: Köln}\n    - {city: O'Fallon}\n").passed


@pytest.mark.parametrize(
    ("expected", "missing", "unexpected"),
    [
        (RIGHT.replace("4.00", "4.01"), [("Köln", Decimal("4.01"), 0.2)], [("Köln", Decimal("4.00"), 0.2)]),
        (RIGHT.replace("null", "0"), [("O'Fallon", Decimal(7), 0.0)], [("O'Fallon", Decimal(7), None)]),
        (RIGHT + "    - {city: Bonn, amount: 1, share: 1}\n", [("Bonn", Decimal(1), 1.0)], []),
        (RIGHT + RIGHT[: RIGHT.index("\n") + 1], [("O'Fallon", Decimal(7), None)], []),
        (RIGHT[: RIGHT.index("\n") + 1], [], [("Köln", Decimal(4), 0.2)]),
        ("    []\n", [], [("Köln", Decimal(4), 0.2), ("O'Fallon", Decimal(7), None)]),
    ],
)
def test_a_failure_tells_the_rows_that_differ(
    warehouse: PostgresWarehouse, tmp_path: Path, expected: str, missing: list[Any], unexpected: list[Any]
) -> None:
    found = outcome(warehouse, tmp_path, GIVEN + expected)
    assert not found.passed
    assert [tuple(row.values()) for row in found.missing] == missing
    assert sorted(tuple(row.values()) for row in found.unexpected) == unexpected


def test_a_table_of_which_nothing_is_said_is_empty(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    assert outcome(warehouse, tmp_path, "nothing:\n  expect: []\n").passed


def test_what_is_left_out_is_null_and_told_where_it_decides_on_rows(
    warehouse: PostgresWarehouse, tmp_path: Path
) -> None:
    tests = "x:\n  given: {staged.sales: [{sale_id: 1, amount: 1}]}\n  expect: []\n"
    found = outcome(warehouse, tmp_path, tests)
    assert found.passed
    assert [".".join(one) for one in found.test.silent] == ["staged.sales.is_gift", "staged.sales.shop"]


def test_empty_and_null_texts_are_told_apart_and_blanks_kept(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    rows = 'sale_id,shop\n1,""\n2,\n3," a ""b"",\n'.replace("\n", "\n      ") + 'c%s \\ {{x}}"\n'
    tests = f"x:\n  given:\n    staged.sales: |\n      {rows}  expect: |\n      {rows}"
    found = outcome(warehouse, tmp_path, tests, COPY)
    assert (found.passed, found.refused) == (True, "")
    assert [row["shop"] for row in found.test.expected] == ["", None, ' a "b",\nc%s \\ {{x}}']


@pytest.mark.parametrize(
    ("tests", "line", "sentence"),
    [
        ("", 1, "empty"),
        ("- x\n", 1, "must be a YAML mapping"),
        ("x: {expect: []}\nx: {expect: []}\n", 2, "x is given twice"),
        ("x:\n  given: {}\n", 1, "expect is missing from x"),
        ("x:\n  gives: {}\n  expect: []\n", 2, "unknown key x.gives; did you mean given?"),
        ("x:\n  given:\n    staged.sale: []\n  expect: []\n", 3, "gold.found does not read staged.sale; did you mean"),
        (
            "x:\n  given:\n    staged.sales:\n      - {sale_id: 1}\n      - {shp: a}\n  expect: []\n",
            5,
            "given.staged.sales, row 2: there is no column shp; did you mean shop?",
        ),
        ("x:\n  given: {staged.sales: [{pieces: 1.5}]}\n  expect: []\n", 2, "pieces must be a whole number"),
        ("x:\n  given: {staged.sales: [{shop: 5}]}\n  expect: []\n", 2, "shop must be text; quote it"),
        ("x:\n  given: {staged.sales: [{amount: 1.005}]}\n  expect: []\n", 2, "at most 2 digits behind the point"),
        ("x:\n  given: {staged.sales: 7}\n  expect: []\n", 2, "must be rows"),
        ("x:\n  expect: |\n    city,city\n    a,b\n", 2, "names each column once"),
        ("x:\n  expect: |\n    city,amount\n    a\n", 2, "are no CSV"),
        ("x:\n  expect: [{city: a}, {amount: 1}]\n", 2, "must name the same columns: city"),
        ("x:\n  answers: {a: 1}\n  expect: []\n", 2, "only a report is asked something"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_line(tmp_path: Path, tests: str, line: int, sentence: str) -> None:
    with pytest.raises(ModelError) as refused:
        read(tmp_path, tests)
    assert sentence in str(refused.value)
    assert refused.value.line == line
    assert refused.value.path.name == "found.test.yaml"


def test_what_the_engine_refuses_is_told_and_fails_the_test(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    text = BY_CITY.replace("sum(sales.amount)", "cast(max(shops.city) as decimal(14, 2))")
    found = outcome(warehouse, tmp_path, GIVEN + RIGHT, text)
    assert not found.passed
    assert "invalid input syntax" in found.refused


def test_a_report_is_asked(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    report = load(tmp_path)
    tables = {ITEMS.key: ITEMS, report.table.key: report.table}
    beside(report.model).write_text(
        "heavier than asked:\n"
        "  answers: {lines: [{code: b1, most: 9, weight: 2.5}]}\n"
        "  given:\n    staged.items: |\n      bill,code,pieces,weight\n      1,b1,3,2.500\n      2,b1,3,2.499\n"
        "  expect:\n    - {bill: 1, code: b1, weight: 2.5}\n"
    )
    (one,) = read_tests(report.model, tables, ModelLineage(tables))
    found = run_test(warehouse, one, report)
    assert (found.refused, list(found.missing), list(found.unexpected)) == ("", [], [])


def test_the_other_engine_gets_no_value_in_its_text_either(tmp_path: Path) -> None:
    (one,) = read(tmp_path, GIVEN + RIGHT)
    bound = bound_test(one, "athena")
    assert bound.sql.count("%s") == len(bound.values)
    assert "O'Fallon" in bound.values
    assert "O'Fallon" not in bound.sql
    assert "staged." not in bound.sql


CELLS = st.fixed_dictionaries(
    {
        "sale_id": st.integers(-(2**63), 2**63 - 1),
        "shop": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        "sold_at": st.none() | st.datetimes(),
        "day": st.none() | st.dates(date(1900, 1, 1), date(9999, 12, 31)),
        "amount": st.none() | st.decimals("-9999999999.99", "9999999999.99", places=2),
        "share": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "is_gift": st.none() | st.booleans(),
        "pieces": st.none() | st.integers(-(2**31), 2**31 - 1),
    }
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(CELLS, max_size=5))
def test_values_of_every_type_arrive_as_they_are_written(
    warehouse: PostgresWarehouse, tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    """The oracle is the model that hands on what it reads."""
    columns = {one.name: one.type for one in SALES.columns}
    found = model(tmp_path, COPY)
    one = UnitTest(found, "x", 1, {SALES.key: Relation(columns, rows)}, rows, tuple(columns), {}, ())
    assert run_test(warehouse, one).passed


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_the_rows_that_differ_are_the_difference_of_multisets(one: list[int], other: list[int]) -> None:
    missing, unexpected = differing([{"x": value} for value in one], [{"x": value} for value in other])
    assert {value: [row["x"] for row in missing].count(value) for value in range(4)} == {
        value: max(0, one.count(value) - other.count(value)) for value in range(4)
    }
    assert len(one) - len(missing) == len(other) - len(unexpected)


def test_doubles_are_the_same_up_to_the_last_digits() -> None:
    third = {"x": 1 / 3}
    assert differing([third], [{"x": math.nextafter(1 / 3, 1)}]) == ([], [])
    assert differing([third], [{"x": 1 / 3 + 1e-6}]) != ([], [])
