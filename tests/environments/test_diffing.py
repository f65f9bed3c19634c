"""What differs between two tables, against an oracle that compares them row by row in Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tributary.resources.warehouse.base import NOBODY, Select
from tributary.resources.warehouse.checks import NotNull, Unique
from tributary.resources.warehouse.environments.diffing import Difference, compare
from tributary.resources.warehouse.environments.engine import EnvironmentEngine
from tributary.resources.warehouse.environments.naming import Environment
from tributary.resources.warehouse.postgres.session import open_session
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import HIDDEN, Column, Table
from tributary.resources.warehouse.warehouse import Warehouse

DEV = Environment("dev")
ID, WORD, SIZE = Column("id", "integer", "I."), Column("word", "text", "W."), Column("size", "double", "S.")
KEYED = Table("gold", "keyed", (ID, WORD, SIZE), checks=(Unique(("id",)),))
LOOSE = Table("gold", "loose", (ID, WORD, SIZE))

Row = tuple[Any, ...]
VALUES = (
    st.sampled_from([1, 2, 3, None]),
    st.sampled_from(["", "a", "b|c", None]),
    st.sampled_from([0.5, -1.0, float("nan"), None]),
)


@pytest.fixture(autouse=True)
def _with_records(warehouse: PostgresWarehouse) -> None:
    """The database has what every warehouse has."""
    warehouse.reject("staged.none", {"none": ()})


def fill(connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[Row]) -> None:
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    connection.execute(f"DROP TABLE IF EXISTS {schema}.{table.name}")
    connection.execute(f"CREATE TABLE {schema}.{table.name} (id integer, word text, size double precision)")
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {schema}.{table.name} VALUES (%s, %s, %s)", rows)


def same(row: Row) -> Row:
    """Nans are one value, as they are to Postgres."""
    return tuple("nan" if value != value else value for value in row)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(VALUES[0], st.tuples(*VALUES[1:]), max_size=4),
    st.dictionaries(VALUES[0], st.tuples(*VALUES[1:]), max_size=4),
)
def test_rows_are_told_apart_by_their_key(
    database_url: str, pg: psycopg.Connection[Any], before: dict[Any, Row], after: dict[Any, Row]
) -> None:
    fill(pg, "gold", KEYED, [(key, *rest) for key, rest in before.items()])
    fill(pg, "dev__gold", KEYED, [(key, *rest) for key, rest in after.items()])
    with open_session(database_url, NOBODY, read_only=True) as session:
        found = compare(session, DEV, KEYED)
    assert found is not None
    common = before.keys() & after.keys()
    changed = {key for key in common if same(before[key]) != same(after[key])}
    assert (found.key, found.rows_before, found.rows_after) == (("id",), len(before), len(after))
    assert (found.added, found.gone, found.changed) == (
        len(after.keys() - common),
        len(before.keys() - common),
        len(changed),
    )
    by_column = {
        name: sum(same(before[key])[at] != same(after[key])[at] for key in common)
        for at, name in enumerate(("word", "size"))
    }
    assert found.by_column == {name: count for name, count in by_column.items() if count}
    assert {row["id"] for row in found.added_rows} == after.keys() - common
    assert {row["id"] for row in found.gone_rows} == before.keys() - common
    for name, change in found.changes.items():
        at = ("word", "size").index(name)
        key = change.key["id"]
        shown = tuple(None if value is None else str(value).lower() for value in (before[key][at], after[key][at]))
        told = tuple(
            None if value is None else str(float(value) if name == "size" else value).lower()
            for value in (change.before, change.after)
        )
        assert told == shown
    assert found.differs == bool(changed or before.keys() ^ after.keys())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*VALUES), max_size=6), st.lists(st.tuples(*VALUES), max_size=6))
def test_without_a_key_rows_are_a_multiset(
    database_url: str, pg: psycopg.Connection[Any], before: list[Row], after: list[Row]
) -> None:
    fill(pg, "gold", LOOSE, before)
    fill(pg, "dev__gold", LOOSE, after)
    with open_session(database_url, NOBODY, read_only=True) as session:
        found = compare(session, DEV, LOOSE)
    was, now = Counter(map(same, before)), Counter(map(same, after))
    assert found is not None
    assert (found.key, found.added, found.gone, found.changed) == ((), (now - was).total(), (was - now).total(), 0)
    assert (len(found.added_rows), len(found.gone_rows)) == (min(5, len(now - was)), min(5, len(was - now)))


class Both:
    """A table of production's and the environment's, each of other code."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.production = PostgresWarehouse(lambda: url)
        engine = EnvironmentEngine(lambda: url, None, DEV)
        engine.reads = {}
        self.dev = Warehouse(engine)

    def compare(self, table: Table) -> Difference | None:
        with open_session(self.url, NOBODY, read_only=True) as session:
            return compare(session, DEV, table)


@pytest.fixture
def both(database_url: str) -> Both:
    return Both(database_url)


def test_columns_and_types_are_compared_too(both: Both) -> None:
    before = Table(
        "gold", "t", (ID, Column("n", "integer", "N."), Column("w", "text", "W."), Column("old", "text", "O."))
    )
    after = Table(
        "gold",
        "t",
        (Column("new", "date", "D."), Column("w", "integer", "W."), Column("n", "decimal(9,2)", "N."), ID),
        checks=(NotNull(("id",)), Unique(("id",))),
    )
    both.production.replace(
        before, Select("SELECT i AS id, i AS n, i::text AS w, 'x' AS old FROM generate_series(1, 3) AS i")
    )
    assert both.compare(after) is None
    made = "SELECT NULL::date AS new, i AS w, i + (i % 2) * 0.25 AS n, i AS id FROM generate_series(2, 4) AS i"
    both.dev.replace(after, Select(made))
    found = both.compare(after)
    assert found is not None
    assert (found.columns_added, found.columns_gone) == ({"new": "date"}, {"old": "text"})
    assert found.types_changed == {"n": ("integer", "numeric(9,2)"), "w": ("text", "integer")}
    assert (found.added, found.gone, found.changed, found.by_column) == (1, 1, 1, {"n": 1})
    change = found.changes["n"]
    assert (change.key, str(change.before), str(change.after)) == ({"id": 3}, "3", "3.25")


def test_a_key_that_production_does_not_keep_is_none(both: Both) -> None:
    table = Table("gold", "t", (ID, WORD), checks=(Unique(("id",)),))
    both.production.replace(
        Table("gold", "t", (ID, WORD)), Select("SELECT 1 AS id, 'a' AS word FROM generate_series(1, 2)")
    )
    both.dev.replace(table, Select("SELECT 1 AS id, 'a' AS word"))
    found = both.compare(table)
    assert found is not None
    assert (found.key, found.added, found.gone) == ((), 0, 1)
    warned = Table(
        "gold", "t", (ID, WORD), checks=(Unique(("id",), severity="warn"), Unique(("word",), severity="warn"))
    )
    both.production.replace(warned, Select("SELECT i AS id, 'a' AS word FROM generate_series(1, 2) AS i"))
    both.dev.replace(warned, Select("SELECT i AS id, 'b' AS word FROM generate_series(1, 2) AS i"))
    found = both.compare(warned)
    assert found is not None
    assert (found.key, found.changed) == (("id",), 2)


def test_personal_data_is_hidden_and_new_tables_are_told(both: Both) -> None:
    table = Table("gold", "t", (ID, Column("word", "text", "W.", tags=("pii",))), checks=(Unique(("id",)),))
    both.dev.replace(table, Select("SELECT 1 AS id, 'ann' AS word"))
    new = both.compare(table)
    assert new is not None
    assert (new.is_new, new.differs, new.rows_after) == (True, True, 1)
    both.production.replace(table, Select("SELECT i AS id, 'bob' AS word FROM generate_series(1, 2) AS i"))
    found = both.compare(table)
    assert found is not None
    assert found.gone_rows == [{"id": 2, "word": HIDDEN}]
    assert (found.changes["word"].before, found.changes["word"].after) == (HIDDEN, HIDDEN)
