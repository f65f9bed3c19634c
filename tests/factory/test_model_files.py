"""What a model file may say: each mistake is refused at load, with the file and the line it stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tributary.assets.factory.errors import ModelError
from tributary.assets.factory.expressions import condition_problems
from tributary.assets.factory.in_dialect import chart_in
from tributary.assets.factory.lineage import flow_of
from tributary.assets.factory.lint.check import lint
from tributary.assets.factory.lint.parsing import parse
from tributary.assets.factory.model import SqlModel
from tributary.assets.factory.model_reading import load_models
from tributary.assets.source import SQL, SourceColumn
from tributary.assets.sources import get_sources
from tributary.resources.warehouse.checks import Expression, References, Unique
from tributary.resources.warehouse.table import Column, Table

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
    assert model.source == "shop"
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
        ("unique: [id]", "unique: [ids]", 8, "names ids, which is not one of its columns; did you mean id?"),
        ("unique: [id]", "unqiue: [id]", 8, "unknown key checks.0.unqiue"),
        ("unique: [id]", "severity: warn", 8, "exactly one of unique"),
        ("severity: warn", "severity: loud", 11, "checks.1.severity"),
        ("  id: {type", "  amount: {type: text, description: x}\n  id: {type", 7, "amount is given twice"),
        ("amount >= 0", "amont >= 0", 9, "names amont, which is not one of its columns"),
        ("amount >= 0", "amount >=", 9, "is no SQL expression"),
        ("checks:", "chart: {title: t, x: id, y: sum(amnt)}\nchecks:", 7, "names amnt, which is not one"),
        ("checks:", "window: {column: id, every: day, start: 2024-01-01}\nchecks:", 7, "must be a date or a timestamp"),
        (
            "checks:",
            "window: {column: at, every: day, start: 2024-01-01}\nchecks:",
            7,
            "window column at is not one of its columns",
        ),
        ("checks:", "checks: [", 8, "not valid YAML"),
        ("checks:", "indexes: [[id, nobody]]\nchecks:", 7, "an index names nobody, which is not one of its columns"),
        ('"decimal(12,2)"', "decimal(12,2)", 6, 'quote it, as in "decimal(12,2)"'),
        ('"Amount.", tags', "Amount, in all, tags", 6, "description is cut off at its comma"),
        ('"Amount.", tags', "Amount, in all, tags", 6, 'quote it, as in "Amount, in all"'),
        ("  id: {type", "\tid: {type", 5, "indented with a tab"),
        ("checks:", "tags: {2024: x}\nchecks:", 7, "2024 is no name to YAML"),
        ("checks:", "tags: {[a]: y}\nchecks:", 7, "a key is no plain word"),
        ("checks:", "window: {column: id, every: day, start: 2024-02-31}\nchecks:", 7, "day is out of range"),
        ("checks:", "tags: &a {b: c}\nchart: *a\nchecks:", 7, "an anchor is used twice"),
        ("description: Sales by number.", "description: [a]", 2, "description must be text"),
        ("tags: [money]", "tags: money", 6, "columns.amount.tags must be a list"),
        ("  id: {type", "  yes: {type", 5, "is no name to YAML, which reads it as a value; quote it"),
        ("unique: [id]", "uniqe: [id]", 8, "unknown key checks.0.uniqe; did you mean unique?"),
        ("description: Sales", "description: " + "[" * 30_000 + "]" * 30_000 + " Sales", 2, "nested more than"),
        (
            "  - unique: [id]",
            "  - accepted_values: {column: id, values: [a]}",
            8,
            "write it as integer, without quotes",
        ),
        ("s.amount\n", "s.amount + {{ var('x') }} AS amount\n", 14, "is a template"),
        ("s.amount\n", "s.amount {# cents #}\n", 14, "is a template"),
        ("s.amount\n", "s.amount * ${x} AS amount\n", 14, "is a template"),
        ("*/\nSELECT", "SELECT", 1, "the header's comment is not closed"),
        ("grain: one", "grian: one", 3, "did you mean grain?"),
        ("s.amount\n", "s.amuont AS amount\n", 14, "s has no column amuont; did you mean amount?"),
        ("s.amount\n", "amuont AS amount\n", 14, "a column amuont; did you mean amount?"),
        ("s.amount\n", "x.amount\n", 14, "x.amount is of no table that this SELECT reads"),
        ("FROM staged.sales", "FROM staged.sale", 15, "did you mean staged.sales?"),
        ("to: staged.sales.id", "to: staged.sales.ident", 12, "which no asset makes"),
        ("staged.sales AS s", "{{ ref('sales') }} AS s", 15, "is dbt's: write the table's own name with its schema"),
        ("staged.sales AS s", "{{ source('shop', 'sales') }} AS s", 15, "as in core.sales"),
        ("SELECT s.id", "{% if x %} SELECT s.id", 14, "is a template"),
        ("amount >= 0", "amount >= 0 AND now() > timestamp '2024-01-01'", 9, "[volatile]"),
        ("amount >= 0", "amount >= 0 OR extract(isodow FROM date '2024-01-01') = 1", 9, "[extract-weekday]"),
        ("amount >= 0", "amount / id > 0.5", 9, "[decimal-division]"),
        ("amount >= 0", "sum(amount) > 0", 9, "looks at several rows"),
        ("amount >= 0", "amount > 0) OR (amount < 0", 9, "is no single SQL expression"),
        ("amount >= 0", "amount > 0 FROM staged.sales AS x --", 9, "SQL expression"),
        ("amount >= 0", "EXISTS (SELECT 1 FROM staged.sales)", 9, "asks another query"),
        ('"amount >= 0"', "|\n      id > 0\n      and random() > 0.5", 11, "[volatile]"),
        ("checks:", 'chart: {title: t, x: id, y: "sum(random())"}\nchecks:', 7, "[volatile]"),
        ("checks:", "chart: {title: t, x: id, y: amount}\nchecks:", 7, "must be an aggregate"),
        ("checks:", "chart: {title: t, x: max(id), y: sum(amount)}\nchecks:", 7, "must be no aggregate"),
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
    lineage = flow_of(model.select, schema).columns
    amount = SourceColumn("staged.sales", "amount")
    assert lineage["id"] == (SourceColumn("staged.sales", "id"),)
    assert lineage["total"] == (amount,)
    assert amount in lineage["best"]
    assert lineage["rows"] == ()


def test_the_project_s_own_models_are_sound() -> None:
    tables = [table for source in get_sources() for table in source.tables]
    models = load_models(SQL, tables)
    assert "gold.household_summary" in models
    for model in models.values():
        assert model.statement("postgres")
        assert model.statement("athena")


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("SELECT s.id, s.amount", "SELECT s.idd AS id, now() AS amount").replace(
        "amount >= 0", "amont >= 0"
    )
    (tmp_path / "shop" / "gold").mkdir(parents=True)
    (tmp_path / "shop" / "gold" / "other.sql").write_text(GOOD.replace("grain:", "grian:").replace("FROM", "FORM"))
    with pytest.raises(ModelError) as refused:
        load(tmp_path, text)
    told = [(error.path.stem, error.line) for error in refused.value.all]
    assert told == [("fact_sale", 14), ("fact_sale", 14), ("fact_sale", 9), ("other", 3), ("other", 15)]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (GOOD.encode().replace(b"Sales", b"S\xe4les"), "not UTF-8 text"),
        (GOOD.encode("utf-16"), "not UTF-8 text"),
        (GOOD.encode().replace(b"Sales", b"S\0les"), "holds a NUL character"),
        (b"/* */ SELECT 1", "must be a YAML mapping"),
        (b"/* 5 */ SELECT 1", "must be a YAML mapping"),
        (b"SELECT 1", "must begin with a comment"),
    ],
)
def test_a_file_that_is_no_model_says_why(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "shop" / "core" / "odd.sql"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with pytest.raises(ModelError, match=problem):
        load_models(tmp_path, [SALES])


def test_line_ends_and_byte_order_marks_change_nothing(tmp_path: Path) -> None:
    plain = load(tmp_path / "a", GOOD)["core.fact_sale"]
    path = tmp_path / "b" / "shop" / "core" / "fact_sale.sql"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_models(tmp_path / "b", [SALES])["core.fact_sale"].digest == plain.digest


def test_what_editors_leave_beside_a_file_is_no_model(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    folder = tmp_path / "shop" / "core"
    (folder / ".#fact_sale.sql").symlink_to("somebody@somewhere.1234")
    for name in ("._fact_sale.sql", "#fact_sale.sql#", "fact_sale.sql~", ".fact_sale.sql.swp", "~fact_sale.sql"):
        (folder / name).write_bytes(b"\0")
    assert set(load_models(tmp_path, [SALES])) == {"core.fact_sale"}
    (folder / "folder.sql").mkdir()
    with pytest.raises(ModelError, match=r"folder\.sql:1: this is no file"):
        load_models(tmp_path, [SALES])


def test_checks_and_charts_are_written_for_each_engine(tmp_path: Path) -> None:
    text = GOOD.replace("amount >= 0", "trim(cast(id as text)) <> '' AND (amount > 5) IS TRUE")
    model = load(
        tmp_path, text.replace("checks:", "chart: {title: t, x: trim(cast(id as text)), y: sum(amount)}\nchecks:")
    )
    table = model["core.fact_sale"].table
    translated = model["core.fact_sale"].table_in("athena")
    assert [check.name for check in translated.checks] == [check.name for check in table.checks]
    condition = translated.checks[1]
    assert isinstance(condition, Expression)
    assert "COALESCE" in condition.sql
    assert "TRIM(BOTH ' ' FROM" in condition.sql
    chart = model["core.fact_sale"].chart
    assert chart is not None
    assert chart_in(chart, "athena").x == "(TRIM(BOTH ' ' FROM CAST(id AS VARCHAR)))"
    assert chart_in(chart, "postgres") is chart


def test_the_checks_of_tables_made_in_python_mean_the_same_on_every_engine() -> None:
    for table in (table for source in get_sources() for table in source.tables):
        for check in table.checks:
            if isinstance(check, Expression):
                assert list(condition_problems(table, check.sql)) == [], (table.key, check.name)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT t.id, t.amount FROM staged.sales AS s JOIN (SELECT x.* FROM staged.sales AS x) AS t ON t.id = s.id",
        "WITH a (n, m) AS (SELECT id, amount FROM staged.sales) SELECT a.n AS id, a.m AS amount FROM a",
        "SELECT v.id, v.amount FROM (VALUES (1, 2.5)) AS v (id, amount)",
        "SELECT s.id, sum(s.amount) AS amount FROM staged.sales AS s GROUP BY s.id ORDER BY amount LIMIT 5",
        "SELECT ID, AMOUNT FROM staged.sales",
        "WITH a AS (SELECT s.* FROM staged.sales AS s) SELECT a.id, a.amount FROM a",
        "SELECT id, amount FROM staged.sales UNION ALL SELECT id, amount FROM staged.sales ORDER BY amount LIMIT 3",
        "SELECT s.id, (SELECT max(x.amount) FROM staged.sales AS x WHERE x.id = s.id) AS amount FROM staged.sales AS s",
        "SELECT w.id, w.amount FROM (SELECT id, amount, row_number() OVER (ORDER BY id) AS n FROM staged.sales) AS w",
    ],
)
def test_columns_that_are_there_are_found_wherever_they_come_from(select: str) -> None:
    schema = {"staged.sales": {column.name: column.type for column in SALES.columns}}
    assert [found for found in lint(parse(select), select, schema) if found.rule == "column"] == []


def test_tables_made_of_each_other_are_refused_by_name(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    (tmp_path / "shop/core/one.sql").write_text(GOOD.replace("staged.sales AS", "core.two AS"))
    with pytest.raises(ModelError) as refused:
        load(tmp_path, GOOD.replace("to: staged.sales.id", "to: core.one.id"), "shop/core/two.sql")
    assert [(error.path.stem, error.line) for error in refused.value.all] == [("one", 15), ("two", 12)]
    assert "reads core.two, which reads core.one: tables cannot be made of each other" in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "every", "start", "problem"),
    [
        ("date", "hour", "2024-01-01", "at is a date, which has no hours"),
        ("timestamp", "month", "2024-01-15", "let start be 2024-01-01"),
    ],
)
def test_a_window_holds_every_row_from_its_start(
    tmp_path: Path, kind: str, every: str, start: str, problem: str
) -> None:
    window = f"window: {{column: at, every: {every}, start: {start}}}\ncolumns:\n  at: {{type: {kind}, description: x}}"
    with pytest.raises(ModelError, match=problem):
        load(tmp_path, GOOD.replace("columns:", window, 1))


def test_text_that_looks_like_a_template_is_text(tmp_path: Path) -> None:
    text = GOOD.replace("FROM", "-- {{ ref('x') }}\nFROM").replace("s.id,", "/* {% x %} */ s.id,")
    assert "core.fact_sale" in load(tmp_path, text + "WHERE '{{ x }}' <> '${y}'\n")
