"""A drop of statements, a lake and a warehouse, and runs over the assets of the source `pledges`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tributary.assets.pledges.files import CONTRACT
from tributary.assets.pledges.parts import DROP, PARTS
from tributary.resources.lake import Lake, open_lake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

HEADER = ",".join(column.source for column in CONTRACT.columns)
GOOD = "MUM01,000001,2025-03-04,b1,Bangle,2,20.500,20.250,22,126000"
LONG_AGO = 1_600_000_000


class Branches:
    """What branches drop, and what is made of it."""

    def __init__(self, tmp_path: Path, warehouse: PostgresWarehouse) -> None:
        self.folder = tmp_path / "drop"
        self.folder.mkdir()
        self.warehouse = warehouse
        self.instance = dg.DagsterInstance.ephemeral()
        self.lake: Lake = open_lake(str(tmp_path / "lake"), region="us-east-1", endpoint_url=None)
        self.drop = open_lake(str(self.folder), region="us-east-1", endpoint_url=None, read_only=True)
        self.resources: dict[str, Any] = {"warehouse": warehouse, "lake": self.lake, DROP: self.drop}
        self._clock = LONG_AGO

    def state(self, name: str, *lines: str, header: str = HEADER) -> Path:
        """Drop a statement, settled since long."""
        path = self.folder / name
        path.write_text("\n".join([header, *lines, ""]))
        self._clock += 60
        os.utime(path, (self._clock, self._clock))
        return path

    def run(self, **tags: str) -> dg.ExecuteInProcessResult:
        """Take in what is there, and stage it."""
        return dg.materialize(list(PARTS.assets), resources=self.resources, instance=self.instance, tags=tags)

    def rows(self, columns: str = "bill_number") -> list[tuple[Any, ...]]:
        """What is staged, in order of file and line."""
        query = f"SELECT {columns} FROM staged.ornaments ORDER BY source_object, source_line"
        return [tuple(row.values()) for row in self.warehouse.rows(query)]

    def rejected(self) -> list[tuple[str, int, str, str]]:
        """The quarantine: file, line, text and reason."""
        query = "SELECT source, line_number, raw_text, reason FROM quarantine.rejected_rows ORDER BY 1, 2"
        return [tuple(row.values()) for row in self.warehouse.rows(query)]


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Whether each check of a run passed."""
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


def counted(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the reconciliation counted."""
    (found,) = [one for one in result.get_asset_check_evaluations() if one.check_name == "records_reconcile"]
    return {name: value.value for name, value in found.metadata.items() if name != "failures"}


def bill(number: int, branch: str = "MUM01", day: str = "2025-03-04", code: str = "b1", count: int = 1) -> str:
    """A line of a bill."""
    return f"{branch},{number:06d},{day},{code},Bangle,{count},10.500,10.250,22,62000"


def keys_of(result: Any) -> set[str]:
    """The assets that a sensor's only run request asks for."""
    (request,) = result.run_requests or []
    selection: Sequence[dg.AssetKey] = request.asset_selection or ()
    return {key.to_user_string() for key in selection}


@pytest.fixture
def branches(tmp_path: Path, warehouse: PostgresWarehouse) -> Branches:
    return Branches(tmp_path, warehouse)
