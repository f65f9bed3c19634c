"""Checks on what a source's reader counted: made before rows are published, so that a mismatch stops them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.counting import NoRejects, Reckoning, Reconcile
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.table import Column, Deduplication, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects

COLUMNS = (Column("id", "integer", "Id."), Column("of", "text", "Source object."))
WHOLE = Table("staged", "counted", COLUMNS, checks=(Reconcile(), NoRejects()))
BY_SOURCE = Table(
    "staged", "delivered", COLUMNS, checks=(Reconcile(), NoRejects()), deduplicate=Deduplication(("id",), ("of",))
)


def rows(ids: list[int], of: str = "a", *, read: int, rejected: int = 0) -> Batches:
    batch = pa.RecordBatch.from_pydict({"id": pa.array(ids, pa.int32()), "of": [of] * len(ids)})
    reasons = {"odd": rejected} if rejected else {}
    return Batches(iter([batch]), lambda: Reckoning(read, rejected, reasons))


def ids(warehouse: Warehouse, table: Table) -> list[int]:
    return [row["id"] for row in warehouse.rows(f"SELECT id FROM {table.sql_name} ORDER BY id")]


def test_rows_that_do_not_add_up_are_not_published(warehouse: Warehouse) -> None:
    warehouse.replace(WHOLE, rows([1, 2], read=2))
    with pytest.raises(ChecksFailed, match=r"records_reconcile failed for 2 \(read=6, loaded=3, rejected=1") as failed:
        warehouse.replace(WHOLE, rows([3, 4, 5], read=6, rejected=1))
    assert ids(warehouse, WHOLE) == [1, 2]
    assert [(result.check.name, result.failures) for result in failed.value.results] == [
        ("records_reconcile", 2),
        ("no_rejects", 1),
    ]


def test_rejected_records_warn_and_are_told(warehouse: Warehouse) -> None:
    report = warehouse.replace(WHOLE, rows([1, 2], read=3, rejected=1))
    assert [(result.check.name, result.passed, result.blocks) for result in report.checks] == [
        ("records_reconcile", True, False),
        ("no_rejects", False, False),
    ]
    assert report.checks[1].counts == {"read": 3, "loaded": 2, "rejected": 1, "duplicates": 0, "odd": 1}
    assert (report.lines, report.rejected) == (3, 1)


def test_rows_of_a_window_that_gave_way_count_as_duplicates(warehouse: Warehouse) -> None:
    def load(ids: list[int], of: str, read: int) -> None:
        warehouse.replace(
            BY_SOURCE, rows(ids, of, read=read), window=SourceObjects("of", (of,)), fingerprints={of: f"{of} {read}"}
        )

    load([1, 2, 2], "a", 3)
    load([2, 3], "b", 2)
    assert ids(warehouse, BY_SOURCE) == [1, 2, 3]
    with pytest.raises(ChecksFailed, match="records_reconcile"):
        load([4], "b", 2)
    assert ids(warehouse, BY_SOURCE) == [1, 2, 3]
    assert warehouse.published_sources(BY_SOURCE, ["a", "b"]) == {"a": "a 3", "b": "b 2"}


@pytest.mark.parametrize("source", [Select("SELECT 1 AS id, 'a' AS of"), Batches(iter(()))])
def test_a_source_that_tells_no_counts_is_refused(warehouse: Warehouse, source: Select | Batches) -> None:
    with pytest.raises(WarehouseError, match="must tell what was read"):
        warehouse.replace(WHOLE, source)
