"""The ledger of source objects: what it says was loaded is what stands in the table."""

from __future__ import annotations

import pytest
from tests.warehouse.contract.calls import ALL, EMPTY, OTHER, TABLE, load, rows_of
from tests.warehouse.contract.rows import select

from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import SourceObjects


def test_only_what_was_loaded_is_told_and_empty_objects_are(warehouse: Warehouse) -> None:
    assert warehouse.published_sources(TABLE, ALL) == {}
    load(warehouse, ["a", "b"], rows_of("a", 1, 2), {"a": "1", "b": "1"})
    assert warehouse.published_sources(TABLE, ALL) == {"a": "1", "b": "1"}
    assert warehouse.published_sources(TABLE, ["b"]) == {"b": "1"}
    assert warehouse.published_sources(OTHER, ALL) == {}
    load(warehouse, ["c"], EMPTY, {"c": "1"})
    load(warehouse, ["a"], rows_of("a", 3), {"a": "2"})
    assert warehouse.published_sources(TABLE, ALL) == {"a": "2", "b": "1", "c": "1"}


def test_objects_written_without_a_fingerprint_count_as_not_loaded(warehouse: Warehouse) -> None:
    load(warehouse, ["a", "b"], rows_of("a", 1), {"a": "1", "b": "1"})
    warehouse.replace(TABLE, Select(rows_of("a", 9)), window=SourceObjects("source", ["a"]))
    assert warehouse.published_sources(TABLE, ALL) == {"b": "1"}


def test_a_failed_check_leaves_the_ledger(warehouse: Warehouse) -> None:
    load(warehouse, ["a"], rows_of("a", 1), {"a": "1"})
    with pytest.raises(ChecksFailed, match="positive"):
        load(warehouse, ["a", "b"], rows_of("a", -1), {"a": "2", "b": "1"})
    assert warehouse.published_sources(TABLE, ALL) == {"a": "1"}


def test_a_write_of_the_whole_empties_the_ledger_of_its_table_only(warehouse: Warehouse) -> None:
    for table in (TABLE, OTHER):
        load(warehouse, ["a"], rows_of("a", 1), {"a": "1"}, table)
    warehouse.replace(TABLE, Select(rows_of("a", 1)))
    assert warehouse.published_sources(TABLE, ALL) == {}
    assert warehouse.published_sources(OTHER, ALL) == {"a": "1"}


def test_columns_that_changed_empty_the_ledger_so_that_all_objects_are_loaded_again(
    warehouse: Warehouse,
) -> None:
    load(warehouse, ["a"], rows_of("a", 1), {"a": "1"})
    wider = Table("staged", "calls", (*TABLE.columns, Column("note", "text", "Note.")))
    assert warehouse.published_sources(wider, ALL) == {}
    load(warehouse, ["b"], "SELECT 2 AS id, 'b' AS source, 'x' AS note", {"b": "1"}, wider)
    assert warehouse.published_sources(wider, ALL) == {"b": "1"}
    assert warehouse.rows("SELECT source, note FROM staged.calls ORDER BY 1") == [
        {"source": "a", "note": None},
        {"source": "b", "note": "x"},
    ]


def test_another_source_column_makes_the_older_entries_void(warehouse: Warehouse) -> None:
    table = Table("staged", "calls", (*TABLE.columns, Column("batch", "text", "Batch.")))
    load(warehouse, ["a"], "SELECT 1 AS id, 'a' AS source, 'x' AS batch", {"a": "1"}, table)
    select = Select("SELECT 2 AS id, 'q' AS source, 'x' AS batch")
    warehouse.replace(table, select, window=SourceObjects("batch", ["x"]), fingerprints={"x": "1"})
    assert warehouse.published_sources(table, ["a", "x"]) == {"x": "1"}
    assert warehouse.rows("SELECT id FROM staged.calls") == [{"id": 2}]


def test_fingerprints_that_do_not_fit_are_refused(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="b has a fingerprint but is not in the window"):
        load(warehouse, ["a"], rows_of("a", 1), {"b": "1"})
    with pytest.raises(WarehouseError, match="need a window of sources"):
        warehouse.replace(TABLE, Select(rows_of("a", 1)), fingerprints={"a": "1"})
    with pytest.raises(WarehouseError, match="was given for a window"):
        warehouse.replace(TABLE, Select(rows_of("a", 1)), window=SourceObjects("source", ["a"]), fingerprint="1")


def test_thousands_of_objects_with_any_name_go_in_one_window(warehouse: Warehouse) -> None:
    names = [f'it\'s, "{i}" \\ {{%s}} é' for i in range(4000)]
    rows = select(TABLE, [(1, name) for name in names[:50]])
    warehouse.replace(TABLE, rows, window=SourceObjects("source", names), fingerprints=dict.fromkeys(names, "1"))
    assert warehouse.published_sources(TABLE, names) == dict.fromkeys(names, "1")
    assert warehouse.rows("SELECT count(*) AS n FROM staged.calls") == [{"n": 50}]
