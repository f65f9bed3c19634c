"""What only Iceberg owes: of writers without locks one wins, columns change in place, and upkeep loses no note."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import dagster as dg
import pytest
from tests.running_trino import RunningTrino
from tests.warehouse.contract.rows import arrow, select

from tributary.assets.platform.maintenance import table_maintenance
from tributary.resources.warehouse.base import Origin, Select
from tributary.resources.warehouse.errors import WarehouseError
from tributary.resources.warehouse.iceberg import tables
from tributary.resources.warehouse.iceberg.engine import TrinoEngine
from tributary.resources.warehouse.iceberg.session import IcebergSession
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range

pytestmark = pytest.mark.xdist_group("trino")

DAYS = Table("core", "days", (Column("day", "date", "Day."), Column("id", "integer", "Id.")), partition_by="day")


@pytest.fixture
def engine(trino_server: RunningTrino) -> TrinoEngine:
    trino_server.wipe()
    return trino_server.engine()


def a_day(day: int) -> Range:
    return Range("day", date(2024, 1, day), date(2024, 1, day + 1))


def write(warehouse: Warehouse, day: int, *ids: int) -> None:
    warehouse.replace(DAYS, arrow(DAYS, [(date(2024, 1, day), one) for one in ids]), window=a_day(day))


def ids(warehouse: Warehouse) -> list[int]:
    return [row["id"] for row in warehouse.rows("SELECT id FROM core.days ORDER BY id")]


def test_a_table_takes_no_views_name(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1)
    seen = Table("core", "seen", (Column("id", "integer", "Id."),), kind="view")
    warehouse.replace(seen, Select("SELECT 7 AS id"))
    with pytest.raises(WarehouseError, match=r"core\.seen is a view in the warehouse, and is to be a table"):
        warehouse.replace(Table("core", "seen", seen.columns), arrow(seen, [(8,)]))
    assert warehouse.rows("SELECT id FROM core.seen") == [{"id": 7}]
    assert tables.drop_leftovers(engine._catalogue, older_than=-60) == 0


def test_who_was_overtaken_looks_again_and_lands(engine: TrinoEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the overtaken writer can be had but once, and its window shares a file with the other's."""
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1, 2)
    publish, overtaken = IcebergSession.publish, []

    def slowly(self: IcebergSession, *arguments: object) -> None:
        if not overtaken:
            overtaken.append(True)
            write(Warehouse(engine), 2, 3)
        publish(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(IcebergSession, "publish", slowly)
    write(warehouse, 1, 7)
    assert ids(warehouse) == [3, 7]
    assert [name for *_, name in engine._catalogue.list_tables("_parts") if name.startswith("built_")] == []


def test_columns_come_go_and_widen_without_a_row_being_written(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1)
    before = engine._catalogue.load_table("core.days")
    wider = Table(
        "core",
        "days",
        (Column("id", "bigint", "Id."), Column("note", "text", "N."), DAYS.columns[0]),
        partition_by="day",
    )
    report = warehouse.replace(wider, select(wider, [(2, "x", date(2024, 1, 2))]), window=a_day(2))
    assert "note is new" in report.migrated
    assert warehouse.rows("SELECT * FROM core.days ORDER BY id") == [
        {"id": 1, "note": None, "day": date(2024, 1, 1)},
        {"id": 2, "note": "x", "day": date(2024, 1, 2)},
    ]
    after = engine._catalogue.load_table("core.days")
    assert after.metadata.table_uuid == before.metadata.table_uuid
    assert {file.file_path for file in tables.files_of(before)} <= {file.file_path for file in tables.files_of(after)}


def test_a_column_of_another_type_keeps_the_values_that_are_of_it(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    texts = Table("core", "days", (DAYS.columns[0], Column("id", "text", "Id.")), partition_by="day")
    rows = [(date(2024, 1, 1), "5"), (date(2024, 1, 1), "x")]
    warehouse.replace(texts, arrow(texts, rows), window=a_day(1))
    write(warehouse, 2, 6)
    assert [row["id"] for row in warehouse.rows("SELECT id FROM core.days ORDER BY id NULLS LAST")] == [5, 6, None]


def test_readers_see_each_commit_whole(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1, 2, 3)
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(len(ids(warehouse)))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for one in readers:
        one.start()
    for count in (6, 3, 6):
        write(warehouse, 1, *range(count))
    done.set()
    for one in readers:
        one.join()
    assert seen <= {3, 6}


def test_the_asset_of_upkeep_makes_few_files_of_many_tells_so_and_keeps_what_was_noted(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    for day in range(1, 10):
        write(warehouse, day, day)
    table = Table("gold", "one", (Column("x", "integer", "X."),))
    warehouse.replace(table, Select("SELECT 1 AS x"), fingerprint="f")
    with engine.session(DAYS, Origin()) as session:
        versions = session.versions([DAYS.key, table.key])
    done = dg.materialize([table_maintenance], resources={"warehouse": warehouse})
    [made] = done.asset_materializations_for_node("platform__table_maintenance")
    told: dict[str, Any] = {name: found.value for name, found in made.metadata.items()}
    assert "| core.days | 9 → 1 |" in told["tables"]
    assert "gold.one" not in told["tables"]
    assert (told["tables_in_trouble"], told["files_saved"] >= 8, told["bytes_saved"] > 0) == (0, True, True)
    assert ids(warehouse) == list(range(1, 10))
    with engine.session(DAYS, Origin()) as session:
        assert session.versions([DAYS.key, table.key]) == versions
        assert session.note() is not None


def test_what_killed_runs_left_goes_by_its_age(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1)
    base = engine._catalogue.load_table("core.days")
    tables.make_aside(engine._catalogue, base.location(), base.schema(), base.spec())
    assert tables.drop_leftovers(engine._catalogue) == 0
    assert tables.drop_leftovers(engine._catalogue, older_than=-1) == 1
    assert ids(warehouse) == [1]


def test_only_a_query_can_be_asked(engine: TrinoEngine) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1)
    for statement in ("DELETE FROM core.days", "SELECT 1; DROP TABLE core.days", "DROP TABLE core.days"):
        with pytest.raises(WarehouseError):
            warehouse.rows(statement)
    assert ids(warehouse) == [1]


def test_what_fails_behind_the_commit_takes_no_row(engine: TrinoEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = Warehouse(engine)
    write(warehouse, 1, 1)

    def fails(*_arguments: object) -> None:
        raise KeyboardInterrupt

    destroyed: list[object] = []
    monkeypatch.setattr(tables, "forget", fails)
    monkeypatch.setattr(tables, "destroy", lambda _, aside: destroyed.append(aside))
    with pytest.raises(KeyboardInterrupt):
        write(warehouse, 2, 2)
    assert ids(warehouse) == [1, 2]
    assert destroyed == []  # their files are the table's
