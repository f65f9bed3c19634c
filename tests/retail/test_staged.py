"""The retail files in a real Dagster run: reconciled, refused, loaded once, and followed by what hangs on them."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.retail.files import ALL_FILES, JOURNEY_FILES, OWN_FILES, SECTIONS, TRANSACTIONS
from tributary.assets.retail.ingest import manifest_key, read_manifest
from tributary.assets.retail.raw_assets import raw_asset
from tributary.assets.retail.staged_assets import staged
from tributary.cli.progress import _line
from tributary.execution import Run
from tributary.resources.lake import open_lake
from tributary.resources.warehouse.checks import Expression
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

HEADER = ",".join(column.source for column in TRANSACTIONS.contract.columns)
GOOD = "906,31198705046,285,1075313,1,1.50,319,-0.29,730,41,0.0,0.0"


class Shop:
    """A folder of source files, a lake and a warehouse, and runs over the two assets of the sales file."""

    def __init__(self, tmp_path: Path, warehouse: PostgresWarehouse) -> None:
        self.folder = tmp_path / "files"
        self.folder.mkdir()
        self.warehouse = warehouse
        self.instance = dg.DagsterInstance.ephemeral()
        self.resources: dict[str, Any] = {
            "warehouse": warehouse,
            "lake": open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None),
            "retail_folder": self.folder,
        }

    def run(self, content: bytes | str, assets: Sequence[dg.AssetsDefinition] = ()) -> dg.ExecuteInProcessResult:
        data = content.encode() if isinstance(content, str) else content
        (self.folder / TRANSACTIONS.file).write_bytes(data)
        return dg.materialize(
            assets or [raw_asset(TRANSACTIONS), staged(TRANSACTIONS).asset()],
            resources=self.resources,
            instance=self.instance,
            raise_on_error=False,
        )


@pytest.fixture
def shop(tmp_path: Path, warehouse: PostgresWarehouse) -> Shop:
    return Shop(tmp_path, warehouse)


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    staged = result.asset_materializations_for_node("staged__retail_transactions")[0]
    return {name: value.value for name, value in staged.metadata.items()}


def reconciled(result: dg.ExecuteInProcessResult) -> tuple[bool, dict[str, Any]]:
    found = [each for each in result.get_asset_check_evaluations() if each.check_name == "records_reconcile"]
    return found[0].passed, {name: value.value for name, value in found[0].metadata.items()}


def sentence_of(result: dg.ExecuteInProcessResult) -> str:
    failure = result.failure_data_for_node("staged__retail_transactions")
    assert failure is not None
    assert failure.user_failure_data is not None
    return failure.user_failure_data.description or ""


def test_lines_reconcile_and_rejects_are_counted(shop: Shop) -> None:
    result = shop.run(f"{HEADER}\n{GOOD}\n{GOOD.replace('730', '2575')}\nbroken\n{GOOD}\n")
    assert result.success
    passed, counts = reconciled(result)
    assert passed
    assert (counts["read"], counts["loaded"], counts["rejected"]) == (4, 2, 2)
    assert metadata(result)["rejected"] == 2
    reasons = shop.warehouse.rows("SELECT line_number, reason, run_id FROM quarantine.rejected_rows ORDER BY 1")
    assert reasons == [
        {"line_number": 3, "reason": "TRANS_TIME is not a time as HHMM", "run_id": result.run_id},
        {"line_number": 4, "reason": "expected 12 fields, found 1", "run_id": result.run_id},
    ]


def test_lines_that_the_loader_lost_keep_the_rows_from_being_published(shop: Shop) -> None:
    shop.run(f"{HEADER}\n{GOOD}\n")
    lake = shop.resources["lake"]
    key = manifest_key(TRANSACTIONS.file)
    shop.run(f"{HEADER}\n{GOOD}\n{GOOD}\n", assets=[raw_asset(TRANSACTIONS)])
    lake.put(key, json.dumps({**json.loads(lake.get(key)), "lines": 5}).encode())
    result = shop.run(f"{HEADER}\n{GOOD}\n{GOOD}\n", assets=[staged(TRANSACTIONS).asset()])
    assert not result.success
    assert reconciled(result)[0] is False
    assert "records_reconcile failed" in sentence_of(result)
    assert "read=4, loaded=2, rejected=0" in sentence_of(result)
    assert shop.warehouse.rows("SELECT count(*) AS n FROM staged.retail_transactions") == [{"n": 1}]


@pytest.mark.parametrize("kept", [0, 100, -1])
def test_an_object_that_was_cut_is_refused_and_the_raw_asset_puts_it_right(shop: Shop, kept: int) -> None:
    text = f"{HEADER}\n{GOOD}\n{GOOD}\n"
    shop.run(f"{HEADER}\n{GOOD}\n")
    shop.run(text, assets=[raw_asset(TRANSACTIONS)])
    lake = shop.resources["lake"]
    manifest = read_manifest(lake, TRANSACTIONS.file)
    assert manifest is not None
    whole = lake.get(manifest.key)
    lake.put(manifest.key, whole[:kept] if kept >= 0 else whole.replace(b"household_key", b"household_kex"))
    result = shop.run(text, assets=[staged(TRANSACTIONS).asset()])
    assert not result.success
    assert "Materialise raw.csv_retail_transactions, which puts it right" in sentence_of(result)
    assert shop.warehouse.rows("SELECT count(*) AS n FROM staged.retail_transactions") == [{"n": 1}]
    assert shop.run(text).success
    assert shop.warehouse.rows("SELECT count(*) AS n FROM staged.retail_transactions") == [{"n": 2}]


def test_staged_values_are_typed(shop: Shop) -> None:
    shop.run(f"{HEADER}\n{GOOD}")
    assert shop.warehouse.rows(
        "SELECT sold_at::text, sales_value::text, retail_disc::text FROM staged.retail_transactions"
    ) == [{"sold_at": "2005-01-01 07:30:00", "sales_value": "1.50", "retail_disc": "-0.29"}]


def test_rejected_lines_are_told_beside_the_rows(shop: Shop) -> None:
    (shop.folder / TRANSACTIONS.file).write_text(f"{HEADER}\n{GOOD}\nbroken\n{GOOD}\n")
    assets = [raw_asset(TRANSACTIONS), staged(TRANSACTIONS).asset()]
    defs = dg.Definitions(assets, resources=shop.resources, executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral() as instance:
        run = Run(defs, instance, [spec.key for asset in assets for spec in asset.specs])
        list(run.events())
    found = run.assets[TRANSACTIONS.table.key]
    assert (found.rows, found.rejected, found.failed_checks) == (2, 1, ["no_rejects"])
    assert "2 rows, 1 rejected" in str(_line(found))


def test_an_unchanged_file_is_not_loaded_again(shop: Shop) -> None:
    text = f"{HEADER}\n{GOOD}\nbroken\n"
    shop.run(text)
    part = shop.warehouse.rows("SELECT max(tableoid::bigint) AS part FROM staged.retail_transactions")
    again = shop.run(text)
    assert again.success
    assert shop.warehouse.rows("SELECT max(tableoid::bigint) AS part FROM staged.retail_transactions") == part
    assert reconciled(again)[0]
    assert metadata(again)["rejected"] == 1
    changed = shop.run(text + GOOD)
    assert changed.success
    assert shop.warehouse.rows("SELECT max(tableoid::bigint) AS part FROM staged.retail_transactions") != part


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "transaction_data.csv is empty"),
        (HEADER + "\n", "has a header but no record"),
        (HEADER.replace("DAY,", "") + "\n" + GOOD, "column DAY is missing"),
        (f"{HEADER}\n{GOOD}".encode("utf-16"), "save it as UTF-8"),
        (f"{HEADER}\nx{GOOD}\n", "none of its 1 records could be loaded"),
    ],
)
def test_a_refused_file_fails_in_one_sentence_and_the_old_table_stays(
    shop: Shop, content: bytes | str, sentence: str
) -> None:
    shop.run(f"{HEADER}\n{GOOD}\n")
    result = shop.run(content)
    assert not result.success
    assert sentence in sentence_of(result)
    if result.failure_data_for_node("staged__retail_transactions") is not None:
        assert sentence_of(result).endswith(" staged.retail_transactions keeps its old rows.")
    assert shop.warehouse.rows("SELECT count(*) AS n FROM staged.retail_transactions") == [{"n": 1}]


def test_a_missing_file_fails_in_one_sentence(shop: Shop) -> None:
    result = dg.materialize(
        [raw_asset(TRANSACTIONS)], resources=shop.resources, instance=shop.instance, raise_on_error=False
    )
    failure = result.failure_data_for_node("raw__csv_retail_transactions")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "transaction_data.csv is not in the folder" in (failure.user_failure_data.description or "")


def test_metadata_says_what_there_is_to_know(shop: Shop) -> None:
    found = metadata(shop.run(f"{HEADER}\n{GOOD}\n"))
    assert found["dagster/row_count"] == 1
    assert found["bytes"] > 0
    assert "31198705046" in found["preview"]
    assert "COPY staged.retail_transactions" in found["statement"]
    (spec,) = staged(TRANSACTIONS).asset().specs
    schema = {column.name: column for column in spec.metadata["dagster/column_schema"].columns}
    assert schema["sales_value"].type == "decimal(12,2)"
    assert schema["sold_at"].description
    lineage = found["dagster/column_lineage"].deps_by_column
    assert {dep.column_name for dep in lineage["sold_at"]} == {"DAY", "TRANS_TIME"}


def test_the_seed_maps_to_known_sections_only() -> None:
    with (OWN_FILES / "commodity_sections.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["SECTION"] for row in rows} == set(SECTIONS)
    assert len({row["COMMODITY_DESC"] for row in rows}) == len(rows) > 300


def test_every_file_has_a_raw_and_a_staged_asset_with_a_description() -> None:
    assert len(JOURNEY_FILES) == 8
    for file in ALL_FILES:
        for asset in (raw_asset(file), staged(file).asset()):
            spec = next(iter(asset.specs))
            assert spec.description
            assert spec.owners == ["team:retail"]
            assert spec.group_name == "retail"
            assert spec.code_version


def test_a_check_that_is_new_is_made_on_rows_that_stand(shop: Shop) -> None:
    assert shop.run(f"{HEADER}\n{GOOD}\n").success
    strict = Expression("quantity > 1", title="many", severity="warn")
    declared = staged(TRANSACTIONS)
    stricter = replace(declared, table=replace(declared.table, checks=(*declared.table.checks, strict)))
    again = shop.run(f"{HEADER}\n{GOOD}\n", [raw_asset(TRANSACTIONS), stricter.asset()])
    found = {one.check_name: one.passed for one in again.get_asset_check_evaluations()}
    assert again.success
    assert not found["many"]
