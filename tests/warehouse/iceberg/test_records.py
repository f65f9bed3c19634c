"""Tables of records on Iceberg, which are read and written without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from tributary.resources.warehouse.iceberg import records
from tributary.resources.warehouse.ledger import LEDGER

COLUMNS = ("table_name", "source", "fingerprint", "source_column")
WRITES = 45


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalog]:
    found = SqlCatalog("records", uri=f"sqlite:///{tmp_path}/catalogue.db", warehouse=f"file://{tmp_path}/tables")
    records.ensure(found)
    yield found
    found.close()


def put(catalogue: Catalog, table: str, source: str, mark: str, column: str = "source") -> None:
    records.put(catalogue, LEDGER, {"table_name": table, "source": source}, COLUMNS, [(table, source, mark, column)])


def found(catalogue: Catalog, table: str, source: list[str] | None = None, **but: str) -> list[tuple[str, str]]:
    owned: dict[str, str | list[str]] = (
        {"table_name": table} if source is None else {"table_name": table, "source": source}
    )
    rows = records.found(catalogue, LEDGER, owned, ("source", "fingerprint"), but, None)
    return sorted((row["source"], row["fingerprint"]) for row in rows)


def test_records_are_found_by_the_values_that_replace_them(catalogue: Catalog) -> None:
    assert found(catalogue, "staged.days") == []
    for table in ("staged.days", "staged.nights"):
        for source in ("a", "b", "c'%"):
            put(catalogue, table, source, f"{table} {source}")
    put(catalogue, "staged.days", "b", "again", "other")
    of_days = [("a", "staged.days a"), ("b", "again"), ("c'%", "staged.days c'%")]
    assert found(catalogue, "staged.days") == of_days
    assert found(catalogue, "staged.days", ["b", "c'%", "nowhere"]) == of_days[1:]
    assert found(catalogue, "staged.days", []) == []
    assert found(catalogue, "staged.days", source_column="source") == of_days[1:2]
    assert len(records.found(catalogue, LEDGER, {"table_name": "staged.days"}, ("source",), {}, 2)) == 2


def test_however_often_they_are_written_a_commit_carries_few_snapshots(catalogue: Catalog) -> None:
    for number in range(WRITES):
        put(catalogue, "staged.days", f"{number % 4}", f"{number}")
        assert len(catalogue.load_table(LEDGER).metadata.snapshots) <= records.MOST_SNAPSHOTS + 2
    assert [mark for _, mark in found(catalogue, "staged.days")] == ["44", "41", "42", "43"]


def test_what_a_reader_began_to_read_stays_while_writers_go_on(catalogue: Catalog) -> None:
    put(catalogue, "staged.days", "a", "first")
    begun = catalogue.load_table(LEDGER).scan()
    for number in range(WRITES):
        put(catalogue, "staged.days", "a", f"{number}")
    assert begun.to_arrow()["fingerprint"].to_pylist() == ["first"]
