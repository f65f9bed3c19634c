"""The warehouse as the settings open it on Athena: what its statements took is in the report of a write."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.running_aws import RunningAws

from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.opening import open_warehouse
from tributary.resources.warehouse.table import Column, Table

pytestmark = pytest.mark.xdist_group("aws")


def test_a_write_tells_what_its_statements_took(aws: RunningAws, tmp_path: Path) -> None:
    aws.wipe()
    warehouse = open_warehouse(aws.settings(tmp_path))
    table = Table("gold", "things", (Column("x", "bigint", "A number."),), description="Things.")
    report = warehouse.replace(table, Select("SELECT 7 AS x"), origin=Origin("a-run", "gold/things"))
    assert report.spent is not None
    assert report.spent.statements > 0
    assert report.spent.run_seconds > 0
    assert report.spent.usd == pytest.approx(report.spent.statements * 0.00005)
    assert warehouse.arrow("SELECT x FROM gold.things ORDER BY x").to_pylist() == [{"x": 7}]
