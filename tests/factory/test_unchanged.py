"""A model whose file and inputs did not change is left as it is and told of all the same; any change makes it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_reading import load_models
from tributary.assets.factory.specs import FORCE
from tributary.assets.factory.sql_assets import ModelLineage, sql_asset, write_model
from tributary.resources.warehouse.audit import audit
from tributary.resources.warehouse.base import NOBODY, Origin, Recipe, Select, Standing, WriteReport
from tributary.resources.warehouse.checks import CheckResult, Sql
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range

SALES = Table("staged", "sales", (Column("shop", "integer", "Shop."), Column("amount", "integer", "Amount.")))
SHOPS = Table("core", "shops", (Column("shop", "integer", "Shop."),))

VIEW = """/*
description: Sales worth counting.
grain: one row a sale
kind: view
columns:
  shop: {type: integer, description: "Shop."}
  amount: {type: integer, description: "Amount."}
*/
SELECT s.shop, s.amount FROM staged.sales AS s WHERE s.amount > 0
"""
TOTALS = """/*
description: Sales a shop.
grain: one row a shop
columns:
  shop: {type: integer, description: "Shop."}
  total: {type: bigint, description: "Sum."}
checks:
  - unique: [shop]
  - references: {column: shop, to: core.shops.shop}
  - expression: "total < 100"
    name: totals_are_small
    severity: warn
chart: {kind: bar, title: Totals, x: shop, y: sum(total)}
*/
SELECT v.shop, sum(v.amount) AS total -- refunds are no sales
FROM core.counted_sales AS v GROUP BY v.shop
"""


@dataclass
class Shop:
    """A warehouse with sales and shops, and the two models in a folder: a view over sales, and totals over the view."""

    folder: Path
    warehouse: PostgresWarehouse

    def models(self) -> dict[str, SqlModel]:
        return load_models(self.folder, [SALES, SHOPS])

    def write(self, layer: str, name: str, text: str) -> None:
        path = self.folder / "shop" / layer / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def sell(self, *amounts: int, shop: int = 1) -> WriteReport:
        rows = " UNION ALL ".join(f"SELECT {shop} AS shop, {amount} AS amount" for amount in amounts)
        return self.warehouse.replace(SALES, Select(rows))

    def make(self, *, forced: bool = False) -> dict[str, bool]:
        """Make both models; which of them were left unchanged."""
        models = self.models()
        reports = {
            key: write_model(self.warehouse, models[key], None, NOBODY, forced=forced)[0]
            for key in ("core.counted_sales", "gold.totals")
        }
        return {key: report.unchanged for key, report in reports.items()}

    def totals(self) -> list[tuple[int, int]]:
        rows = self.warehouse.rows("SELECT shop, total FROM gold.totals ORDER BY shop")
        return [(row["shop"], row["total"]) for row in rows]


NOTHING_MADE = {"core.counted_sales": True, "gold.totals": True}
ALL_MADE = {"core.counted_sales": False, "gold.totals": False}


@pytest.fixture
def shop(tmp_path: Path, warehouse: PostgresWarehouse) -> Shop:
    found = Shop(tmp_path, warehouse)
    found.write("core", "counted_sales", VIEW)
    found.write("gold", "totals", TOTALS)
    warehouse.replace(SHOPS, Select("SELECT g AS shop FROM generate_series(1, 3) AS g"))
    found.sell(1, 2)
    assert found.make() == ALL_MADE
    assert found.make() == NOTHING_MADE
    return found


def test_what_is_unchanged_is_reported_as_if_it_were_made(shop: Shop) -> None:
    shop.sell(500)
    shop.make()
    model = shop.models()["gold.totals"]
    report, made_from = write_model(shop.warehouse, model, None, NOBODY)
    assert (report.unchanged, report.rows, report.preview) == (True, 1, [{"shop": 1, "total": 500}])
    assert report.bytes > 0
    assert made_from
    assert "unchanged" in report.statement
    assert "SUM(v.amount)" in report.statement
    outcome = {result.check.name: (result.failures, list(result.sample)) for result in report.checks}
    assert outcome == {
        "unique_shop": (0, []),
        "references_shop_shops": (0, []),
        "totals_are_small": (1, [{"shop": 1, "total": 500}]),
    }


def test_unchanged_rows_stay_in_the_very_same_place(shop: Shop, pg: psycopg.Connection[Any]) -> None:
    part = "SELECT inhrelid FROM pg_inherits WHERE inhparent = 'gold.totals'::regclass"
    before = pg.execute(part).fetchone()
    shop.make()
    assert pg.execute(part).fetchone() == before


def rename_a_word(shop: Shop) -> None:
    shop.write("gold", "totals", TOTALS.replace("Sales a shop.", "Sales of each shop."))


def tighten_a_check(shop: Shop) -> None:
    shop.write("gold", "totals", TOTALS.replace("total < 100", "total < 90"))


def publish_the_references_anew(shop: Shop) -> None:
    shop.warehouse.replace(SHOPS, Select("SELECT g AS shop FROM generate_series(1, 4) AS g"))


def test_where_only_a_referenced_table_was_published_anew_the_rows_stand_and_are_checked(shop: Shop) -> None:
    publish_the_references_anew(shop)
    assert shop.make() == NOTHING_MADE
    shop.warehouse.replace(SHOPS, Select("SELECT 2 AS shop"))
    for _ in range(2):
        with pytest.raises(Exception, match="references_shop_shops"):
            shop.make()
    publish_the_references_anew(shop)
    assert shop.make() == NOTHING_MADE
    assert shop.totals() == [(1, 3)]


@pytest.mark.parametrize(
    ("standing", "looked_at"),
    [("1, 2, 3, 4", 0), ("3, 1", 0), ("1, 2", 1), ("4", 2)],
    ids=["come", "unused", "one", "all"],
)
def test_of_rows_that_stand_those_are_checked_that_refer_to_what_went(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, standing: str, looked_at: int
) -> None:
    shop.warehouse.replace(SALES, Select("SELECT 1 AS shop, 1 AS amount UNION ALL SELECT 3, 2"))
    shop.make()
    found: list[int] = []

    def audited(session: Any, relation: str | Sql, **more: Any) -> tuple[int, list[CheckResult]]:
        text = relation if isinstance(relation, str) else relation.text
        found.append(session.rows(f"SELECT count(*) AS n FROM {text}")[0]["n"])
        return audit(session, relation, **more)

    monkeypatch.setattr("tributary.resources.warehouse.published.audit", audited)
    shop.warehouse.replace(SHOPS, Select(f"SELECT v.shop FROM unnest(ARRAY[{standing}]) AS v(shop)"))
    with pytest.raises(Exception, match="references_shop_shops") if looked_at else nullcontext():
        assert shop.make() == NOTHING_MADE
    assert found == [looked_at]


@pytest.mark.parametrize(
    ("change", "unchanged"), [(rename_a_word, True), (tighten_a_check, False)], ids=["rename_a_word", "tighten_a_check"]
)
def test_another_file_makes_the_model_again_unless_it_only_says_otherwise_what_it_is(
    shop: Shop, change: Callable[[Shop], None], unchanged: bool
) -> None:
    change(shop)
    assert shop.make() == {"core.counted_sales": True, "gold.totals": unchanged}
    assert shop.make() == NOTHING_MADE


def publish_the_input_anew(shop: Shop, _: psycopg.Connection[Any]) -> None:
    shop.sell(7)


def publish_the_same_input_anew(shop: Shop, _: psycopg.Connection[Any]) -> None:
    shop.sell(1, 2)


def write_a_range(shop: Shop, _: psycopg.Connection[Any]) -> None:
    window = Range("shop", 2, 3)  # type: ignore[arg-type]
    shop.warehouse.replace(SALES, Select("SELECT 2 AS shop, 9 AS amount"), window=window)


def replace_in_place(shop: Shop, pg: psycopg.Connection[Any]) -> None:
    with psycopg.connect(pg.info.dsn) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT count(*) FROM staged.sales")
        shop.sell(7)


@pytest.mark.parametrize(
    "change",
    [publish_the_input_anew, publish_the_same_input_anew, write_a_range, replace_in_place],
)
def test_an_input_behind_a_view_that_was_published_makes_both_again(
    shop: Shop, pg: psycopg.Connection[Any], change: Callable[[Shop, psycopg.Connection[Any]], None]
) -> None:
    change(shop, pg)
    assert shop.make() == ALL_MADE
    assert shop.totals() == [
        (row["shop"], row["total"])
        for row in shop.warehouse.rows(
            "SELECT shop, sum(amount)::bigint AS total FROM staged.sales GROUP BY 1 ORDER BY 1"
        )
    ]
    assert shop.make() == NOTHING_MADE


def test_a_window_that_changed_nothing_makes_nothing_again(shop: Shop) -> None:
    window = Range("shop", 2, 3)  # type: ignore[arg-type]
    report = shop.warehouse.replace(SALES, Select("SELECT 2 AS shop, 9 AS amount WHERE false"), window=window)
    assert report.rows == 0
    assert shop.make() == NOTHING_MADE


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE staged.sales",
        "CREATE OR REPLACE VIEW core.counted_sales AS SELECT shop, amount FROM staged.sales",
        """
        CREATE TABLE staged.hand (shop int, amount int);
        CREATE OR REPLACE VIEW core.counted_sales AS SELECT shop, amount FROM staged.hand
        """,
    ],
)
def test_inputs_that_somebody_changed_by_hand_are_unknown_so_that_the_model_runs(
    shop: Shop, pg: psycopg.Connection[Any], statement: str
) -> None:
    pg.execute(statement)
    model = shop.models()["gold.totals"]
    for _ in range(2):
        report, made_from = write_model(shop.warehouse, model, None, NOBODY)
        assert (report.unchanged, made_from) == (False, None)


@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE gold.totals", "DROP TABLE gold.totals", "ALTER TABLE gold.totals ADD COLUMN extra integer"],
)
def test_a_result_that_somebody_changed_by_hand_is_made_again(
    shop: Shop, pg: psycopg.Connection[Any], statement: str
) -> None:
    pg.execute(statement)
    assert shop.make() == {"core.counted_sales": True, "gold.totals": False}
    assert shop.totals() == [(1, 3)]


def test_forced_models_are_made(shop: Shop) -> None:
    assert shop.make(forced=True) == ALL_MADE
    assert shop.make() == NOTHING_MADE


class Meddler(PostgresWarehouse):
    """A warehouse in which something happens between a model's look at its inputs and its SELECT."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def standing(self, table: Table, recipe: Recipe, *, origin: Origin = NOBODY) -> Standing:
        found = super().standing(table, recipe, origin=origin)
        self.meanwhile()
        return found


def test_an_input_published_between_look_and_select_is_never_taken_for_read(shop: Shop, database_url: str) -> None:
    meddler = Meddler(lambda: database_url)
    shop.sell(5)
    for amount in (7, 5):
        meddler.meanwhile = lambda amount=amount: shop.sell(amount)  # type: ignore[misc]
        write_model(meddler, shop.models()["gold.totals"], None, NOBODY)
    # The look saw what came before; the rows that the SELECT read were published later, though they look the same.
    report, _ = write_model(shop.warehouse, shop.models()["gold.totals"], None, NOBODY)
    assert not report.unchanged


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.lists(st.integers(-3, 5), min_size=1, max_size=3)),
        st.tuples(st.just("range"), st.lists(st.integers(-3, 5), max_size=2)),
        st.tuples(st.just("make"), st.just([])),
        st.tuples(st.just("view"), st.just([])),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_any_history_the_rows_are_those_of_the_inputs(shop: Shop, steps: list[tuple[str, list[int]]]) -> None:
    floor = 0
    shop.write("core", "counted_sales", VIEW)
    for kind, amounts in steps:
        if kind == "sell":
            shop.sell(*amounts)
        elif kind == "range":
            rows = " UNION ALL ".join(f"SELECT 2 AS shop, {amount} AS amount" for amount in amounts)
            window = Range("shop", 2, 3)  # type: ignore[arg-type]
            shop.warehouse.replace(SALES, Select(rows or "SELECT 2 AS shop, 1 AS amount WHERE false"), window=window)
        elif kind == "view":
            floor = 1 - floor
            shop.write("core", "counted_sales", VIEW.replace("> 0", f"> {floor}"))
        else:
            shop.make()
    shop.make()
    expected = shop.warehouse.rows(
        "SELECT shop, sum(amount)::bigint AS total FROM staged.sales WHERE amount > %s GROUP BY 1 ORDER BY 1", (floor,)
    )
    assert shop.totals() == [(row["shop"], row["total"]) for row in expected]
    assert shop.make() == NOTHING_MADE


def test_a_failed_check_leaves_no_fingerprint_that_lies(shop: Shop) -> None:
    shop.sell(5, shop=9)  # no such shop
    for _ in range(2):
        with pytest.raises(Exception, match="references_shop_shops"):
            shop.make()
    assert shop.totals() == [(1, 3)]
    shop.sell(4)
    assert shop.make() == ALL_MADE
    assert shop.totals() == [(1, 4)]


@pytest.mark.parametrize("function", ["current_date", "random()", "now()", "current_user"])
def test_models_that_are_no_function_of_their_inputs_are_refused(shop: Shop, function: str) -> None:
    shop.write("gold", "totals", TOTALS.replace("sum(v.amount) AS total", f"{function} AS total"))
    with pytest.raises(ModelError):
        shop.models()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


def metadata_of(
    shop: Shop, instance: dg.DagsterInstance, tags: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, bool]]:
    """What a Dagster run tells of `gold.totals`: its metadata, and each check's outcome."""
    metadata, checks, _ = told_of(shop, instance, tags)
    return metadata, checks


def told_of(
    shop: Shop, instance: dg.DagsterInstance, tags: dict[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, bool], str]:
    """The same, and the run."""
    models = shop.models()
    tables = {table.key: table for table in (SALES, SHOPS, *(model.table for model in models.values()))}
    asset = sql_asset(models["gold.totals"], ModelLineage(tables))
    result = dg.materialize([asset], resources={"warehouse": shop.warehouse}, instance=instance, tags=tags)
    assert result.success
    (event,) = result.get_asset_materialization_events()
    metadata = event.step_materialization_data.materialization.metadata
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    return {name: value.value for name, value in metadata.items()}, checks, result.run_id


LONG = {"preview", "chart", "lineage", "statement", "dagster/column_lineage"}


def test_a_run_over_unchanged_inputs_names_the_run_that_told_all(shop: Shop, instance: dg.DagsterInstance) -> None:
    made, checks, first = told_of(shop, instance, {FORCE: "true"})
    assert "unchanged" not in made
    assert made.keys() >= LONG
    for _ in range(2):
        kept, checks_again = metadata_of(shop, instance)
        assert kept["unchanged"] is True
        assert kept["told in full by run"] == first
        assert not kept.keys() & LONG
        same = ("dagster/row_count", "bytes")
        assert {name: kept[name] for name in same} == {name: made[name] for name in same}
        assert checks_again == checks == {"unique_shop": True, "references_shop_shops": True, "totals_are_small": True}
    forced, _ = metadata_of(shop, instance, {FORCE: "true"})
    assert "unchanged" not in forced
    assert forced.keys() >= LONG - {"dagster/column_lineage"}


def test_people_are_told_in_a_line_what_was_done_and_in_the_authors_words_how(
    shop: Shop, instance: dg.DagsterInstance
) -> None:
    made, _ = metadata_of(shop, instance, {FORCE: "true"})
    again, _ = metadata_of(shop, instance)
    assert next(iter(made)) == next(iter(again)) == "in short"
    assert re.fullmatch(r"1 row, [\d.]+ kB, in \d+\.\d\d s", made["in short"])
    assert re.fullmatch(r"unchanged: 1 row as before, [\d.]+ kB, in \d+\.\d\d s", again["in short"])
    assert made["statement"] == f"```sql\n{TOTALS.rpartition('*/')[2].strip()}\n```"
    assert "[core.counted_sales.shop](/catalog/tables/core.counted_sales/columns/shop)" in made["lineage"]
    hashes = [name for name, value in made.items() if re.search(r"[0-9a-f]{20}", str(value))]
    assert not [name for name in hashes if name != "chart"]  # a picture's bytes, drawn and not read


def test_lineage_is_derived_anew_only_where_the_code_is_new(
    shop: Shop, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = metadata_of(shop, instance, {FORCE: "true"})
    with monkeypatch.context() as patched:
        patched.setattr("tributary.assets.factory.lineage.flow_of", lambda *_: pytest.fail("derived again"))
        again, _ = metadata_of(shop, instance, {FORCE: "true"})
    assert again["lineage"] == first["lineage"]
    shop.write("gold", "totals", TOTALS.replace("sum(v.amount) AS total", "max(v.shop) AS total"))
    shop.make()
    other, _ = metadata_of(shop, instance)
    assert other["lineage"] != first["lineage"]


def test_of_rows_that_no_event_told_of_all_is_told(shop: Shop, instance: dg.DagsterInstance) -> None:
    made, _ = metadata_of(shop, instance, {FORCE: "true"})
    shop.sell(90)
    shop.make()  # by a run whose event was lost
    kept, _ = metadata_of(shop, instance)
    assert kept["unchanged"] is True
    assert kept["chart"] != made["chart"]
