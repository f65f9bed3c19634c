"""The command line as a user meets it: other processes, a real warehouse, answers and exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Cli, RetailWarehouse
from tests.ports import free_port

from tributary.resources.postgres.databases import connect
from tributary.resources.settings import Settings

pytestmark = pytest.mark.xdist_group("sample_retail")


def test_everything_materialises(sample_retail: RetailWarehouse) -> None:
    assert " materialised" in sample_retail.output
    assert "✗" not in sample_retail.output
    assert "✓ gold.household_summary" in sample_retail.output
    tables = {
        row["name"]: row["n"]
        for row in sample_retail.rows(
            "SELECT schemaname || '.' || relname AS name, 1 AS n FROM pg_stat_user_tables WHERE schemaname = 'gold'"
        )
    }
    assert "gold.product_recommendations" in tables


def test_query_answers_in_each_format(cli: Cli, sample_retail: RetailWarehouse) -> None:
    sql = "SELECT household_key, total_sales FROM gold.household_summary ORDER BY 1 LIMIT 3"
    expected = sample_retail.rows(sql)
    as_json = json.loads(cli("query", sql, "--format", "json", home=sample_retail.home).stdout)
    assert [row["household_key"] for row in as_json] == [row["household_key"] for row in expected]
    as_csv = list(csv.DictReader(io.StringIO(cli("query", sql, "--format", "csv", home=sample_retail.home).stdout)))
    assert [row["total_sales"] for row in as_csv] == [str(row["total_sales"]) for row in expected]
    table = cli("query", sql, home=sample_retail.home).stdout
    assert "household_key" in table
    assert "3 rows" in table


def test_query_refuses_to_write(cli: Cli, sample_retail: RetailWarehouse) -> None:
    done = cli("query", "DROP TABLE gold.household_summary", home=sample_retail.home, check=False)
    assert done.returncode == 1
    assert "Only one query can be run here" in done.stderr
    assert sample_retail.rows("SELECT count(*) AS n FROM gold.household_summary")[0]["n"] > 0


def test_lineage_goes_back_to_the_file(cli: Cli, sample_retail: RetailWarehouse) -> None:
    tree = cli("lineage", "gold.household_summary.r_score", home=sample_retail.home).stdout
    assert "raw.csv_retail_transactions.DAY" in tree
    table = cli("lineage", "core.product_section", home=sample_retail.home).stdout
    assert "staged.retail_commodity_sections.section" in table


def test_lineage_goes_down_and_is_told_to_programs(cli: Cli, sample_retail: RetailWarehouse) -> None:
    tree = cli("lineage", "staged.retail_transactions.day", "--down", home=sample_retail.home).stdout
    assert "│   ├── gold.household_summary.r_score\n" in tree
    asked = ("lineage", "gold.household_summary.r_score", "--format")
    told = json.loads(cli(*asked, "json", home=sample_retail.home).stdout)
    assert told["of"] == ["gold.household_summary.r_score"]
    assert {"column": "raw.csv_retail_transactions.DAY", "hops": -3, "tags": []} in told["columns"]
    (edge,) = [one for one in told["edges"] if one["from"] == "core.fact_basket.day_no" and one["how"] == ["value"]]
    assert edge["to"] == "gold.household_summary.r_score"
    assert edge["sql"][-1].startswith("shoppers.last_day = MAX(")
    assert {tuple(one["how"]) for one in told["edges"] if one["to"] == "gold.household_summary"} <= {
        ("filter",),
        ("join",),
        ("group", "join"),
    }
    drawn = cli(*asked, "mermaid", home=sample_retail.home).stdout
    assert drawn.startswith("flowchart LR\n")
    assert '["gold.household_summary"]' in drawn
    assert ' -.->|"filter"| t0' in drawn
    few = cli("lineage", "core.dim_household", "--down", home=sample_retail.home).stdout
    assert "has_demographics → gold.household_summary (filter)" in few
    assert "household_size → nothing" in few


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lineage", "gold.household_sumary"), "did you mean gold.household_summary"),
        (("lineage", "gold.household_summary.r_scor"), "did you mean r_score"),
        (("lineage", "gold.household_summary", "--format", "dot"), "--format dot is not known"),
        (("materialize", "gold.nothing"), "matches no asset"),
        (("materialize", "group:("), "cannot be read"),
        (("materialize", "group:retail", "--partition", "2024-01-01"), "None of the selected assets is partitioned"),
        (("materialize", "group:social", "--partition", "1999-01-01-00:00"), "is no partition of"),
        (("materialize", "group:social", "--from", "2026-03-01-00:00"), "both --from and --to"),
        (("materialize", "*", "--from", "2024-01-01"), "both --from and --to"),
        (("materialize", "group:social", "--from", "2026-03-02-00:00", "--to", "2026-03-01-00:00"), "lies after --to"),
        (("materialize", "group:meetup", "--from", "2024-03-02", "--to", "2024-03-01", "--missing"), "lies after --to"),
        (("materialize", "group:meetup", "--partition", "2024-02-30"), "is no partition of"),
        (("materialize", "group:meetup", "--from", "2024-02-01", "--to", "2999-01-01"), "is no partition of"),
        (("materialize", "group:meetup", "--partition", ""), "is no partition of"),
        (("query", "SELECT 1", "--format", "xml"), "--format xml is not known"),
        (("sample", "--scale", "7"), "--scale 7.0 is out of range"),
    ],
)
def test_mistakes_end_in_one_sentence(
    cli: Cli, sample_retail: RetailWarehouse, arguments: tuple[str, ...], sentence: str
) -> None:
    done = cli(*arguments, home=sample_retail.home, retail_sample_scale=0.01, check=False)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip().count("\n") == 0


def test_a_wrong_setting_stops_the_start(cli: Cli) -> None:
    done = cli("status", profile="gcp", check=False)
    assert done.returncode == 1
    assert done.stderr.strip().startswith("✗ TRIBUTARY_PROFILE is 'gcp'")


def test_check_and_status_tell_the_state(cli: Cli, sample_retail: RetailWarehouse) -> None:
    assert "all sound" in cli("check", home=sample_retail.home).stdout
    status = cli("status", home=sample_retail.home, web_port=free_port()).stdout
    assert "TRIBUTARY_RETAIL_DIR" in status
    assert "gold.household_summary" in status
    assert "not running" in status


def test_a_failure_shows_its_reason_skips_downstream_and_exits_with_1(cli: Cli, sample_retail: RetailWarehouse) -> None:
    path = sample_retail.folder / "campaign_desc.csv"
    before = path.read_bytes()
    path.write_bytes(b"CAMPAIGN\n1\n")
    try:
        done = cli(
            "materialize",
            "raw.csv_retail_campaigns or staged.retail_campaigns or core.dim_campaign",
            home=sample_retail.home,
            retail_dir=sample_retail.folder,
            check=False,
        )
    finally:
        path.write_bytes(before)
    assert done.returncode == 1
    assert "✗ staged.retail_campaigns" in done.stdout
    assert "column DESCRIPTION, START_DAY, END_DAY is missing" in done.stdout
    assert "↷ core.dim_campaign" in done.stdout
    assert "1 materialised, 1 failed, 1 skipped" in done.stderr
    assert sample_retail.rows("SELECT count(*) AS n FROM staged.retail_campaigns")[0]["n"] > 1


def test_on_a_new_home_a_selection_takes_along_what_it_reads_and_makes_no_other_sample(
    cli: Cli, tmp_path: Path
) -> None:
    first = cli("materialize", "core.dim_campaign", home=tmp_path, retail_sample_scale=0.001).stdout.splitlines()
    assert first[0].startswith("Taken along, as the selection reads it and it was never made: ")
    assert first[0].endswith(": raw.csv_retail_campaigns, staged.retail_campaigns.")
    assert first[-1].startswith("3 materialised")
    assert not (tmp_path / "lake" / "web-data").exists()
    with connect(Settings(_env_file=None, home=tmp_path)) as databases, psycopg.connect(databases.url("app")) as app:
        assert app.execute("SELECT to_regnamespace('sneakers')").fetchall() == [(None,)]
    again = cli("materialize", "core.dim_campaign", home=tmp_path, retail_sample_scale=0.001).stdout
    assert "Taken along" not in again
    assert again == "✓ Nothing to make: 1 asset would come out as it is.\n"
