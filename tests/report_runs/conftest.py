"""Fixtures of the tests of reports' runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tests.report_runs.bench import Bench, report_in
from tributary.assets.reporting.requests import OpenRequests
from tributary.resources.lake.folder import FolderLake
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse

SOME_BILLS = (
    "SELECT n AS bill, CASE WHEN n % 3 = 0 THEN 'b1' ELSE 'b2' END AS code, CAST(n AS numeric(8,2)) / 4 AS weight_g, "
    "DATE '2024-01-01' + n % 5 AS pledged_on FROM generate_series(1, 30) AS s(n)"
)


@pytest.fixture
def opened(database_url: str) -> Iterator[OpenRequests]:
    """The record, in an empty database."""
    found = OpenRequests(lambda: database_url)
    yield found
    found().close()


@pytest.fixture
def bench(tmp_path: Path, warehouse: PostgresWarehouse, opened: OpenRequests) -> Iterator[Bench]:
    """A report on thirty bills, of which ten are of code b1."""
    with dg.DagsterInstance.ephemeral() as instance:
        found = Bench(report_in(tmp_path), warehouse, FolderLake(tmp_path / "lake"), instance, opened)
        found.fill(SOME_BILLS)
        yield found
