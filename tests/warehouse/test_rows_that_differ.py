"""A whole table of which few rows differ: these alone are written, and the rows are those that were given."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tributary.resources.warehouse.base import Batches
from tributary.resources.warehouse.checks import Unique
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table

Row = tuple[int | None, str | None]

COLUMNS = (Column("found", "integer", "As a relation of the statement is called."), Column("come", "text", "Too."))
PAIRS = Table("gold", "pairs", COLUMNS)
MANY: list[Row] = [(n // 2, "same" if n % 3 else None) for n in range(40)]


def write(warehouse: PostgresWarehouse, rows: list[Row], table: Table = PAIRS) -> None:
    data = pa.table(
        {
            "found": pa.array([number for number, _ in rows], pa.int32()),
            "come": pa.array([text for _, text in rows], pa.string()),
        }
    )
    warehouse.replace(table, Batches(data.to_batches()))


def rows(warehouse: PostgresWarehouse) -> Counter[Row]:
    return Counter((row["found"], row["come"]) for row in warehouse.rows("SELECT * FROM gold.pairs"))


def part(pg: psycopg.Connection[Any]) -> Any:
    """The partition in which the rows stand."""
    return pg.execute("SELECT inhrelid FROM pg_inherits WHERE inhparent = 'gold.pairs'::regclass").fetchall()


ROW = st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, "", "a"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dropped=st.lists(st.integers(0, 39), max_size=3), come=st.lists(ROW, max_size=3))
def test_whatever_differs_the_rows_are_those_that_were_given(
    warehouse: PostgresWarehouse, dropped: list[int], come: list[Row]
) -> None:
    write(warehouse, MANY)
    new = [row for number, row in enumerate(MANY) if number not in dropped] + come
    write(warehouse, new)
    assert rows(warehouse) == Counter(new)


def test_rows_that_are_the_same_do_not_move(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    write(warehouse, MANY)
    stood, places = part(pg), {tuple(row) for row in pg.execute("SELECT ctid, xmin FROM gold.pairs")}
    before = warehouse.publication(PAIRS).version
    write(warehouse, [*MANY[1:], (7, "new")])
    moved = {tuple(row) for row in pg.execute("SELECT ctid, xmin FROM gold.pairs")} - places
    assert (part(pg) == stood, len(moved)) == (True, 1)
    assert warehouse.publication(PAIRS).version != before
    assert pg.execute("SELECT count(*) FROM pg_class WHERE relname ~ '_pairs_' AND relkind = 'r'").fetchone() == (1,)
    write(warehouse, MANY[:20])
    assert part(pg) != stood  # of many, a swap costs less
    assert rows(warehouse) == Counter(MANY[:20])


def test_few_rows_that_break_a_check_are_refused(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    table = Table("gold", "pairs", COLUMNS, checks=(Unique(("found",)),))
    once: list[Row] = [(number, "x") for number in range(40)]
    write(warehouse, once, table)
    with pytest.raises(ChecksFailed):
        write(warehouse, [*once[1:], (7, "twice")], table)
    assert rows(warehouse) == Counter(once)
    indexed = Table("gold", "pairs", COLUMNS, indexes=(("come",),))
    write(warehouse, [*once, (40, "x")], indexed)
    assert pg.execute("SELECT count(*) FROM pg_index WHERE indrelid = %s", part(pg)[0]).fetchone() == (1,)
