"""A table replaced whole: what readers see, what is checked, what is refused."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from tests.warehouse.contract.rows import select

from tributary.resources.warehouse.base import Batches, Select
from tributary.resources.warehouse.checks import AcceptedValues, Expression, NotNull, References, Unique
from tributary.resources.warehouse.errors import ChecksFailed, WarehouseError
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse


def demo(**options: Any) -> Table:
    columns = (Column("id", "integer", "Id."), Column("amount", "decimal(12,2)", "Amount."))
    return Table("gold", "demo", columns, description="A demonstration.", **options)


def numbers(count: int, amount: str = "1.5") -> Select:
    return Select(
        f"SELECT v.id, {amount} AS amount FROM (VALUES {', '.join(f'({n + 1})' for n in range(count))}) AS v(id)"
    )


def count(warehouse: Warehouse) -> int:
    return int(warehouse.rows("SELECT count(*) AS n FROM gold.demo")[0]["n"])


def test_a_whole_table_is_replaced_and_again_is_the_same(warehouse: Warehouse) -> None:
    for wanted in (3, 5, 5):
        report = warehouse.replace(demo(), numbers(wanted), fingerprint=f"of {wanted}")
        assert (report.rows, sorted(row["id"] for row in report.preview)) == (wanted, list(range(1, wanted + 1)))
        assert warehouse.rows("SELECT sum(amount) AS total FROM gold.demo") == [{"total": Decimal("1.5") * wanted}]
    noted = warehouse.published(demo())
    assert noted is not None
    assert (noted.fingerprint, noted.rows) == ("of 5", 5)


def test_readers_never_see_a_missing_empty_or_half_table(warehouse: Warehouse) -> None:
    warehouse.replace(demo(), numbers(1000))
    seen: set[int] = set()
    problems: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add(count(warehouse))
            except WarehouseError as error:
                problems.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for rows in (2000, 1000, 2000, 1000, 2000):
        warehouse.replace(demo(), numbers(rows))
    done.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert seen <= {1000, 2000}
    assert len(seen) == 2


def test_two_writers_of_one_table_take_turns(warehouse: Warehouse) -> None:
    errors: list[Exception] = []

    def write(count: int) -> None:
        try:
            warehouse.replace(demo(), numbers(count))
        except WarehouseError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(count,)) for count in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo")[0]["n"] in (10, 20, 30, 40)


def test_blocking_checks_keep_the_old_rows_and_show_offenders(warehouse: Warehouse) -> None:
    table = demo(
        checks=(
            Unique(("id",)),
            NotNull(("amount",)),
            Expression("amount < 100 and '50%' <> ''", title="amounts_are_small"),
            AcceptedValues("id", tuple(range(1, 50)), severity="warn"),
        )
    )
    warehouse.replace(table, numbers(3))
    bad = select(demo(), [(1, 500), (0, 500), (1, None), (0, None)])
    with pytest.raises(ChecksFailed) as failed:
        warehouse.replace(table, bad)
    outcome = {result.check.name: (result.failures, result.blocks) for result in failed.value.results}
    assert outcome == {
        "unique_id": (2, True),
        "not_null_amount": (2, True),
        "amounts_are_small": (2, True),
        "accepted_values_id": (2, False),
    }
    assert "id=" in str(failed.value)
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 3}]


def test_a_warning_is_reported_and_published(warehouse: Warehouse) -> None:
    table = demo(checks=(Expression("id < 3", title="ids_are_small", severity="warn"),))
    report = warehouse.replace(table, numbers(5))
    assert [(result.failures, result.blocks) for result in report.checks] == [(3, False)]
    assert warehouse.rows("SELECT count(*) AS n FROM gold.demo") == [{"n": 5}]


def test_references_are_checked_against_the_other_table(warehouse: Warehouse) -> None:
    warehouse.replace(demo(), numbers(3))
    child = Table(
        "core", "child", (Column("demo_id", "integer", "D."),), checks=(References("demo_id", "gold", "demo", "id"),)
    )
    warehouse.replace(child, Select("SELECT 2 AS demo_id UNION ALL SELECT NULL"))
    with pytest.raises(ChecksFailed, match="demo_id=9"):
        warehouse.replace(child, Select("SELECT 9 AS demo_id"))


def test_views_are_models_too_and_are_checked(warehouse: Warehouse) -> None:
    warehouse.replace(demo(), numbers(3))
    view = Table("gold", "seen", (Column("id", "bigint", "Id."),), kind="view", checks=(Unique(("id",)),))
    assert warehouse.replace(view, Select("SELECT id FROM gold.demo")).rows == 3
    assert warehouse.arrow("SELECT id FROM gold.seen").schema.types == [pa.int64()]
    with pytest.raises(ChecksFailed):
        warehouse.replace(view, Select("SELECT 1 AS id FROM gold.demo"))
    assert warehouse.rows("SELECT count(DISTINCT id) AS n FROM gold.seen") == [{"n": 3}]


def test_arrow_goes_in_and_comes_out_unchanged(warehouse: Warehouse) -> None:
    table = Table(
        "core",
        "things",
        (
            Column("n", "bigint", "N."),
            Column("x", "double", "X."),
            Column("ok", "boolean", "Ok."),
            Column("t", "text", "T."),
            Column("d", "date", "D."),
            Column("at", "timestamp", "At."),
            Column("price", "decimal(10,2)", "Price."),
        ),
    )
    rows = pa.table(
        {
            "n": pa.array([1, None, -(2**62)], pa.int64()),
            "x": pa.array([0.1, None, 1e300], pa.float64()),
            "ok": pa.array([True, False, None]),
            "t": pa.array(["", None, 'a,"b"\nc é']),
            "d": pa.array([0, None, 20000], pa.date32()),
            "at": pa.array([0, None, 1_700_000_000_123_456], pa.timestamp("us")),
            "price": pa.array([None, 1, 2], pa.decimal128(10, 2)),
        }
    )
    warehouse.replace(table, Batches(rows.to_batches()))
    assert warehouse.arrow("SELECT * FROM core.things").equals(rows)
    assert warehouse.arrow("SELECT n FROM core.things WHERE n = %s", (1,)).to_pydict() == {"n": [1]}
    empty = warehouse.arrow("SELECT * FROM core.things WHERE n = 5")
    assert empty.num_rows == 0
    assert empty.schema == rows.schema


def test_arrow_with_other_columns_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="declares id, amount"):
        warehouse.replace(demo(), Batches(pa.table({"id": [1]}).to_batches()))
