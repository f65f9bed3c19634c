"""The indexes that a table declares are there from its first rows on, however it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tributary.resources.warehouse.base import Select
from tributary.resources.warehouse.errors import ContractError
from tributary.resources.warehouse.postgres.warehouse import PostgresWarehouse
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.windows import Keys, Window

PETS = Table(
    "core",
    "pets",
    (Column("id", "integer", "I."), Column("owner", "text", "O.")),
    indexes=(("owner", "id"), ("id",)),
)
ROWS = Select("SELECT n AS id, 'ann'::text AS owner FROM generate_series(1, 5) AS s(n)")


DECLARED = ["(id)", "(owner, id)"]


def indexes(pg: psycopg.Connection[Any]) -> list[str]:
    """The columns of each index of the partition that people read, but that by which a window finds its keys."""
    found = pg.execute(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_inherits ON inhrelid = indrelid "
        "WHERE inhparent = 'core.pets'::regclass"
    )
    return sorted(columns for (text,) in found if (columns := text.partition("btree ")[2]) != "(owner)")


@pytest.mark.parametrize("window", [None, Keys(("owner",), [("ann",)])])
def test_a_table_has_its_indexes_once(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any], window: Window | None
) -> None:
    for _ in range(2):
        warehouse.replace(PETS, ROWS, window=window)
        assert indexes(pg) == DECLARED


def test_a_table_that_stands_gets_an_index_that_is_declared_later(
    warehouse: PostgresWarehouse, pg: psycopg.Connection[Any]
) -> None:
    bare = replace(PETS, indexes=())
    warehouse.replace(bare, ROWS)
    assert indexes(pg) == []
    more = Select("SELECT 6 AS id, 'bob'::text AS owner")
    warehouse.replace(PETS, more, window=Keys(("owner",), [("bob",)]))
    assert indexes(pg) == DECLARED


def test_an_index_is_of_columns_of_a_table() -> None:
    with pytest.raises(ContractError, match="an index names age"):
        replace(PETS, indexes=(("age",),))
    with pytest.raises(ContractError, match="is a view, which has no indexes"):
        replace(PETS, kind="view")
