"""Rows that are published already are not published again; and what the planner knows keeps up with windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from tributary.resources.warehouse.base import Batches, Recipe, Select, WriteReport
from tributary.resources.warehouse.checks import Check, Expression, References
from tributary.resources.warehouse.errors import ChecksFailed
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Range

BELOW = Table("gold", "below", (Column("n", "integer", "N."),))
READER = Recipe("digest", ("core.numbers",))


def numbers(description: str = "N.", checks: tuple[Check, ...] = ()) -> Table:
    return Table("core", "numbers", (Column("n", "integer", description), Column("t", "text", "T.")), checks=checks)


def write(
    warehouse: PostgresWarehouse, rows: Sequence[tuple[int, str | None]], table: Table | None = None, batch: int = 2
) -> WriteReport:
    data = pa.table({"n": pa.array([n for n, _ in rows], pa.int32()), "t": pa.array([t for _, t in rows], pa.string())})
    return warehouse.replace(table or numbers(), Batches(data.to_batches(max_chunksize=batch)))


ROWS = [(1, "a"), (2, ""), (3, None)]


def version(warehouse: PostgresWarehouse) -> str | None:
    """What a reader of the table would be noted under, which follows the table's version."""
    return warehouse.standing(BELOW, READER).fingerprint


def test_the_same_rows_again_are_checked_and_left(warehouse: PostgresWarehouse) -> None:
    assert not write(warehouse, ROWS).unchanged
    first = version(warehouse)
    assert first is not None
    again = write(warehouse, ROWS, batch=3)
    assert (again.unchanged, again.rows) == (True, 3)
    assert version(warehouse) == first
    strict = numbers(checks=(Expression("n < 3", title="small"),))
    with pytest.raises(ChecksFailed, match="small"):
        write(warehouse, ROWS, strict)
    parts = warehouse.rows("SELECT count(*) AS n FROM pg_class WHERE relname ~ '_numbers_' AND relkind = 'r'")
    assert parts == [{"n": 1}]


@pytest.mark.parametrize("statement", ["TRUNCATE core.numbers", "DROP TABLE core.numbers"])
def test_the_same_rows_are_published_where_somebody_removed_them(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], statement: str
) -> None:
    write(warehouse, ROWS)
    pg.execute(statement)
    assert not write(warehouse, ROWS).unchanged
    assert warehouse.rows("SELECT count(*) AS n FROM core.numbers") == [{"n": 3}]


def test_the_same_rows_are_published_after_a_window(warehouse: PostgresWarehouse) -> None:
    write(warehouse, ROWS)
    warehouse.replace(numbers(), Select("SELECT 9 AS n, 'x' AS t"), window=Range("n", 9, 10))  # type: ignore[arg-type]
    assert not write(warehouse, ROWS).unchanged


def window(warehouse: PostgresWarehouse, rows: Sequence[tuple[int, str | None]]) -> WriteReport:
    data = pa.table({"n": pa.array([n for n, _ in rows], pa.int32()), "t": pa.array([t for _, t in rows], pa.string())})
    return warehouse.replace(numbers(), Batches(data.to_batches()), window=Range("n", 0, 10))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "made", "unchanged"),
    [
        (ROWS, ROWS, True),
        ([], [], True),
        ([(1, "a"), (1, "a"), (2, "b")], [(2, "b"), (1, "a"), (1, "a")], True),
        ([(1, "a"), (1, "a"), (2, "b")], [(1, "a"), (2, "b"), (2, "b")], False),
        ([], ROWS, False),
    ],
)
def test_a_window_of_the_same_rows_is_checked_and_left(
    warehouse: PostgresWarehouse,
    pg: psycopg.Connection[Any],
    held: list[tuple[int, str | None]],
    made: list[tuple[int, str | None]],
    unchanged: bool,
) -> None:
    write(warehouse, [(11, "beside")])
    window(warehouse, held)
    first, seen = version(warehouse), pg.execute("SELECT xmin, n, t FROM core.numbers ORDER BY n, t").fetchall()
    report = window(warehouse, made)
    assert (report.unchanged, report.rows, version(warehouse) == first) == (unchanged, len(made), unchanged)
    now = pg.execute("SELECT xmin, n, t FROM core.numbers ORDER BY n, t").fetchall()
    assert (now == seen) == unchanged
    assert sorted((n, t or "") for _, n, t in now) == sorted((n, t or "") for n, t in [*made, (11, "beside")])
    left = warehouse.rows("SELECT count(*) AS n FROM pg_class WHERE relname ~ '_numbers_' AND relkind = 'r'")
    assert left == [{"n": 1}]


def test_what_was_noted_of_rows_is_told_and_what_they_are_compared_with_is_looked_at(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    small, known = Expression("n < 3", title="small"), References("n", "gold", "below", "n")
    table = numbers(checks=(small, known))
    warehouse.replace(BELOW, Select("SELECT 1 AS n UNION ALL SELECT 2"))
    write(warehouse, [(1, "a"), (2, "b")], table)
    assert [one.failures for one in warehouse.review(table, noted=True).checks] == [0, 0]
    pg.execute("INSERT INTO core.numbers VALUES (2, 'by hand'), (9, 'by hand')")
    pg.execute("INSERT INTO gold.below VALUES (9)")
    report = warehouse.review(table, noted=True)
    assert (report.rows, [one.failures for one in report.checks]) == (4, [0, 0])
    with pytest.raises(ChecksFailed, match="small failed for 1"):
        warehouse.review(table)
    pg.execute("DELETE FROM gold.below WHERE n = 2")
    with pytest.raises(ChecksFailed, match="references_n_below"):
        warehouse.review(table, noted=True)


def test_statistics_follow_many_small_windows(warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]) -> None:
    known = "SELECT reltuples FROM pg_class WHERE oid = 'core.numbers'::regclass"
    seen: set[float] = set()
    for start in range(0, 3000, 300):
        select = Select(f"SELECT g AS n, '' AS t FROM generate_series({start}, {start + 299}) AS g")
        warehouse.replace(numbers(), select, window=Range("n", start, start + 300))  # type: ignore[arg-type]
        row = pg.execute(known).fetchone()
        seen.add(row[0] if row else -1)
    assert len(seen) < 5  # ANALYZE costs the same however small the window, so it is not run each time
    assert max(seen) >= 1500


def test_the_first_rows_of_a_table_that_was_empty_are_known_at_once(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    write(warehouse, [])
    window(warehouse, [(1, "a"), (2, "b")])
    assert pg.execute("SELECT reltuples FROM pg_class WHERE oid = 'core.numbers'::regclass").fetchall() == [(2,)]


def test_what_the_planner_knows_of_a_table_is_what_its_rows_say(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    text = "CASE WHEN g % 4 = 0 THEN NULL ELSE 'it''s \"' || g % 3 END"
    warehouse.replace(numbers(), Select(f"SELECT g AS n, {text} AS t FROM generate_series(1, 900) AS g"))
    known = """
        SELECT attname, null_frac, n_distinct, most_common_vals::text, most_common_freqs, histogram_bounds::text,
               correlation, avg_width
        FROM pg_stats WHERE schemaname = 'core' AND tablename = 'numbers' ORDER BY attname
    """
    told = pg.execute(known).fetchall()
    pg.execute("ANALYZE core.numbers")
    assert told == pg.execute(known).fetchall()
    assert pg.execute("SELECT reltuples FROM pg_class WHERE oid = 'core.numbers'::regclass").fetchall() == [(900,)]
