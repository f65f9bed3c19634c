"""What a model file may say: each mistake is refused at load, with the file and the line it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.factory.errors import ModelError
from assets.factory.lineage import Source, column_lineage, trace
from assets.factory.model import SqlModel, load_models
from resources.settings import PROJECT_ROOT
from resources.warehouse.checks import Expression, References, Unique
from resources.warehouse.table import Column, Table

SALES = Table("staged", "sales", (Column("id", "integer", "Id."), Column("amount", "decimal(12,2)", "Amount.")))
GOOD = """/*
description: Sales by number.
grain: one row a sale
columns:
  id: {type: integer, description: "Sale."}
  amount: {type: "decimal(12,2)", description: "Amount.", tags: [money]}
checks:
  - unique: [id]
  - expression: "amount >= 0"
    name: amount_is_positive
    severity: warn
  - references: {column: id, to: staged.sales.id}
*/
SELECT s.id, s.amount
FROM staged.sales AS s
"""


def load(root: Path, text: str, name: str = "shop/core/fact_sale.sql") -> dict[str, SqlModel]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_models(root, [SALES])


def test_a_model_is_all_that_its_file_says(tmp_path: Path) -> None:
    model = load(tmp_path, GOOD)["core.fact_sale"]
    assert model.domain == "shop"
    assert model.reads == ("staged.sales",)
    assert model.table.columns[1] == Column("amount", "decimal(12,2)", "Amount.", ("money",))
    assert model.table.checks == (
        Unique(("id",)),
        Expression("amount >= 0", severity="warn", title="amount_is_positive"),
        References("id", "staged", "sales", "id"),
    )
    assert "staged" in model.statement("athena")


def test_a_file_added_is_a_table_that_others_can_read(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    view = GOOD.replace("grain:", "kind: view\ngrain:").replace("staged.sales AS", "core.fact_sale AS")
    models = load(tmp_path, view, "shop/gold/sales.sql")
    assert set(models) == {"core.fact_sale", "gold.sales"}
    assert models["gold.sales"].table.kind == "view"
    assert models["gold.sales"].reads == ("core.fact_sale",)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("grain: one", "grian: one", 3, "unknown key grian"),
        ("description: Sales by number.\n", "", 2, "description is missing"),
        ("columns:\n", "deduplicate: {key: [id], order: [at]}\ncolumns:\n", 4, "deduplication names at"),
        ("columns:\n", "deduplicate: {key: []}\ncolumns:\n", 4, "deduplicate.key"),
        ('{type: integer, description: "Sale."}', "{type: integer}", 5, "description is missing from columns.id"),
        ('{type: integer, description: "Sale."}', '{type: integer, description: ""}', 5, "columns.id.description"),
        ("type: integer", "type: number", 5, "'number' is not a column type"),
        (
            '  amount: {type: "decimal(12,2)", description: "Amount.", tags: [money]}\n',
            "",
            13,
            "column amount is returned",
        ),
        ("SELECT s.id, s.amount", "SELECT s.id", 6, "column amount is described"),
        ("FROM staged.sales", "FROM staged.sails", 15, "reads staged.sails, which no asset makes"),
        ("FROM staged.sales", "FROM sales", 15, "table sales needs its schema"),
        ("to: staged.sales.id", "to: staged.sales.nr", 12, "references staged.sales.nr, which no asset makes"),
        ("unique: [id]", "unique: [nr]", 7, "names nr, which is not one of its columns"),
        ("unique: [id]", "unqiue: [id]", 8, "unknown key checks.0.unqiue"),
        ("unique: [id]", "severity: warn", 8, "exactly one of unique"),
        ("severity: warn", "severity: loud", 11, "checks.1.severity"),
        ("  id: {type", "  amount: {type: text, description: x}\n  id: {type", 7, "amount is given twice"),
        ("amount >= 0", "amont >= 0", 9, "names amont, which is not one of its columns"),
        ("amount >= 0", "amount >=", 9, "is no SQL expression"),
        ("checks:", "chart: {title: t, x: id, y: sum(amnt)}\nchecks:", 7, "names amnt, which is not one"),
        ("checks:", "window: {column: id, every: day, start: 2024-01-01}\nchecks:", 7, "must be a date or a timestamp"),
        ("checks:", "window: {column: at, every: day, start: 2024-01-01}\nchecks:", 7, "partition column at is not"),
        ("checks:", "checks: [", 8, "not valid YAML"),
        ("SELECT s.id, s.amount", "SELECT s.*", 14, "*"),
        ("SELECT s.id, s.amount", "SELECT s.id, now() AS amount", 14, "now"),
        ("SELECT s.id, s.amount", "SELEC s.id, s.amount", 14, ""),
        ("/*\ndescription", "-- nothing\ndescription", 1, "must begin with a comment"),
    ],
)
def test_each_mistake_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    assert old in GOOD
    with pytest.raises(ModelError) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert refused.value.path.name == "fact_sale.sql"
    assert (refused.value.line, problem in str(refused.value)) == (line, True), str(refused.value)
    assert f"fact_sale.sql:{line}: " in str(refused.value)


def test_a_table_is_made_once(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(ModelError, match=r"core\.fact_sale is made twice"):
        load(tmp_path, GOOD, "toys/core/fact_sale.sql")


def test_a_model_stands_in_a_layer(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a model stands at"):
        load(tmp_path / "deep", GOOD, "shop/core/more/fact_sale.sql")
    with pytest.raises(ModelError, match="a model stands at"):
        load(tmp_path, GOOD, "shop/silver/fact_sale.sql")


def test_lineage_goes_through_ctes_unions_and_subqueries(tmp_path: Path) -> None:
    text = """/*
description: d
grain: g
columns:
  id: {type: integer, description: d}
  total: {type: "decimal(12,2)", description: d}
  best: {type: "decimal(12,2)", description: d}
  rows: {type: bigint, description: d}
*/
WITH both_kinds AS (
    SELECT id, amount FROM staged.sales
    UNION ALL
    SELECT id, -amount AS amount FROM staged.sales
), sums AS (
    SELECT b.id, sum(b.amount) AS total, count(*) AS rows FROM both_kinds AS b GROUP BY b.id
)
SELECT s.id, s.total, (SELECT max(x.amount) FROM staged.sales AS x WHERE x.id = s.id) AS best, s.rows
FROM sums AS s
"""
    model = load(tmp_path, text, "shop/gold/totals.sql")["gold.totals"]
    schema = {"staged.sales": {column.name: column.type for column in SALES.columns}}
    lineage = column_lineage(model.select, schema)
    amount = Source("staged.sales", "amount")
    assert lineage["id"] == (Source("staged.sales", "id"),)
    assert lineage["total"] == (amount,)
    assert amount in lineage["best"]
    assert lineage["rows"] == ()
    steps = list(trace({"gold.totals": lineage}, Source("gold.totals", "total")))
    assert [(step.depth, step.source) for step in steps] == [(0, Source("gold.totals", "total")), (1, amount)]


def test_the_project_s_own_models_are_sound() -> None:
    from assets.domains import DOMAINS

    tables = [table for domain in DOMAINS for table in domain.tables]
    models = load_models(PROJECT_ROOT / "sql", tables)
    assert "gold.household_summary" in models
    for model in models.values():
        assert model.statement("postgres")
        assert model.statement("athena")
