"""The catalogue: what it knows of each table, when it is made anew, that showing it needs no Dagster and no sqlglot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import Cli, RetailWarehouse
from tributary.assets.source import Source, SourceColumn
from tributary.assets.sources import Sources, get_sources
from tributary.catalogue import FILE, Catalogue, ChartEntry, CheckEntry, catalogue_of
from tributary.model_store import HANDED_DOWN
from tributary.resources.warehouse.table import Column, Table

SALES = Table(
    "staged",
    "sales",
    (Column("day", "date", "Day."), Column("buyer", "text", "Who.", ("pii",)), Column("amount", "double", "Dollars.")),
    grain="one row a sale",
)
MODEL = """/*
description: Sales by day.
grain: one row a day
window: {column: day, every: day, start: 2024-01-01}
columns:
  day: {type: date, description: "The day."}
  last_buyer: {type: text, description: "Somebody."}
  total: {type: double, description: "Dollars."}
checks:
  - unique: [day]
    severity: warn
chart: {title: "Sales", x: day, y: "sum(total)"}
*/
SELECT s.day, max(s.buyer) AS last_buyer, sum(s.amount) AS total FROM staged.sales AS s GROUP BY s.day
"""


class Shop:
    """A source with a table of Python code and one model, and a home."""

    def __init__(self, folder: Path) -> None:
        self.home, self.model = folder / "home", folder / "models" / "gold" / "totals.sql"
        lineage = {"staged.sales": {name: (SourceColumn("raw.sales", name),) for name in SALES.column_names}}
        self.source = Source(
            "shop", tables=(SALES,), lineage=lineage, models=folder / "models", freshness=timedelta(hours=6)
        )
        self.home.mkdir()
        self.model.parent.mkdir(parents=True)
        self.model.write_text(MODEL)

    def catalogue(self) -> Catalogue:
        return catalogue_of(Sources((self.source,), {}), self.home)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.delenv(HANDED_DOWN, raising=False)
    return Shop(tmp_path)


def test_it_knows_of_each_table_all_that_was_declared_and_derived(shop: Shop) -> None:
    catalogue = shop.catalogue()
    assert [table.key for table in catalogue.tables] == ["staged.sales", "gold.totals"]
    sales, totals = catalogue.tables
    assert (sales.source, sales.layer, sales.grain, sales.file) == ("shop", "staged", "one row a sale", "")
    assert sales.lineage["amount"] == (SourceColumn("raw.sales", "amount"),)
    assert (totals.source, totals.kind, totals.description, totals.reads) == (
        "shop", "table", "Sales by day.", ("staged.sales",),
    )  # fmt: skip
    assert [(one.name, one.type, one.tags) for one in totals.columns] == [
        ("day", "date", ()), ("last_buyer", "text", ("pii",)), ("total", "double", ()),
    ]  # fmt: skip
    assert totals.lineage["total"] == (SourceColumn("staged.sales", "amount"),)
    assert totals.checks == (CheckEntry("unique_day", "No two rows share day.", "warn"),)
    assert totals.charts == (ChartEntry("Sales", "day", "sum(total)", "bar"),)
    assert (totals.partitioned, totals.file) == ("day of day", str(shop.model))
    assert (sales.freshness, totals.freshness) == (None, timedelta(hours=6)), "only of what people ask"


def test_it_is_kept_and_made_anew_when_a_file_or_a_declaration_has_changed(shop: Shop) -> None:
    first = shop.catalogue()
    written = (shop.home / FILE).stat().st_mtime_ns
    assert shop.catalogue() == first
    assert (shop.home / FILE).stat().st_mtime_ns == written

    shop.model.write_text(MODEL.replace("Sales by day", "Takings"))
    assert shop.catalogue().by_key["gold.totals"].description == "Takings."
    shop.source = Source("shop", tables=(SALES,), models=shop.source.models)
    assert shop.catalogue().by_key["staged.sales"].lineage["amount"] == ()
    shop.model.unlink()
    assert "gold.totals" not in shop.catalogue().by_key


@pytest.mark.parametrize("damage", [b"", b"{", b'{"digest": "x", "tables": [{"key": 1}]}', b"\xff\x00"])
def test_what_is_kept_is_only_a_help(shop: Shop, damage: bytes) -> None:
    first = shop.catalogue()
    (shop.home / FILE).write_bytes(damage)
    assert shop.catalogue() == first
    assert [path.name for path in shop.home.iterdir() if path.is_file()] == [FILE]


def test_where_it_cannot_be_kept_it_is_made_each_time(shop: Shop) -> None:
    (shop.home / FILE).mkdir()
    assert shop.catalogue() == shop.catalogue()
    assert [table.key for table in shop.catalogue().tables] == ["staged.sales", "gold.totals"]


def test_a_refused_file_is_told_with_the_last_sound_definition_or_none(shop: Shop) -> None:
    shop.catalogue()
    shop.model.write_text(MODEL.replace("sum(s.amount)", "sum(s.amont)"))
    shop.model.with_name("never.sql").write_text("SELECT 1")
    found = shop.catalogue().by_key
    assert "did you mean amount?" in found["gold.totals"].refused
    assert found["gold.totals"].lineage["total"] == (SourceColumn("staged.sales", "amount"),)
    assert "must begin with a comment" in found["gold.never"].refused
    assert (found["gold.never"].source, found["gold.never"].columns) == ("shop", ())


def test_the_catalogue_of_the_whole_project_loads_in_no_time(tmp_path: Path) -> None:
    made = catalogue_of(get_sources(), tmp_path)
    taken = []
    for _ in range(5):
        begun = time.process_time()
        assert catalogue_of(get_sources(), tmp_path) == made
        taken.append(time.process_time() - begun)
    assert min(taken) < 0.1


LIGHT = """
import sys
sys.argv = ["tributary", *sys.argv[1:]]
from tributary.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("heavy:", *(name for name in ("dagster", "sqlglot", "pyarrow", "numpy", "pandas") if name in sys.modules))
"""


@pytest.mark.xdist_group("sample_retail")
@pytest.mark.parametrize(
    "arguments", [("query", "SELECT 1 AS one"), ("ls",), ("lineage", "gold.household_summary.r_score"), ("status",)]
)
def test_commands_that_look_need_neither_dagster_nor_sqlglot(
    sample_retail: RetailWarehouse, arguments: tuple[str, ...]
) -> None:
    catalogue_of(get_sources(), sample_retail.home)
    environment = {**os.environ, "TRIBUTARY_HOME": str(sample_retail.home)}
    words = [sys.executable, "-c", LIGHT, *arguments]
    for _ in range(2):  # the first finds what was kept under other settings, and makes it anew
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "heavy:"


@pytest.mark.xdist_group("sample_retail")
def test_ls_lists_tables_with_their_rows_and_the_columns_of_one(cli: Cli, sample_retail: RetailWarehouse) -> None:
    lines = cli("ls", "gold", home=sample_retail.home).stdout.splitlines()
    assert lines[0].split() == ["asset", "source", "kind", "rows", "made", "partitions", "state"]
    assert all(line.startswith("gold.") for line in lines[1:])
    count = sample_retail.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"]
    row = next(line for line in lines if line.startswith("gold.household_summary "))
    assert row.split()[:4] == ["gold.household_summary", "retail", "model", f"{count:,}"]
    assert "stale" not in row

    table = cli("ls", "gold/household_summary", home=sample_retail.home).stdout
    assert "grain: one row a household" in table
    assert "r_score" in table

    found = json.loads(cli("ls", "retail", "--format", "json", home=sample_retail.home).stdout)
    summary = next(one for one in found if one["key"] == "gold.household_summary")
    assert {one["source"] for one in found} == {"retail"}
    assert summary["rows"] == count
    assert {"name", "type", "description", "tags", "sources"} <= set(summary["columns"][0])


@pytest.mark.xdist_group("sample_retail")
def test_what_ls_does_not_know_is_told_in_one_sentence(cli: Cli, sample_retail: RetailWarehouse) -> None:
    done = cli("ls", "gold.household_sumary", home=sample_retail.home, check=False)
    assert (done.returncode, "did you mean gold.household_summary?" in done.stderr) == (2, True)
