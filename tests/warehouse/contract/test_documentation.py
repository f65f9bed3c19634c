"""What a table says of itself stands beside it in the engine, and comes there without a row being made again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tests.warehouse.contract.rows import arrow

from tributary.resources.warehouse.base import Recipe, Select
from tributary.resources.warehouse.table import Column, Table
from tributary.resources.warehouse.warehouse import Warehouse
from tributary.resources.warehouse.windows import Range

TABLE = Table(
    "core",
    "told",
    (Column("day", "date", 'The day; it\'s "a day".'), Column("n", "integer", "How many, in %.")),
    description="What is told.",
    grain="one row a day",
)
OTHER = replace(
    TABLE,
    columns=(Column("day", "date", "Another day."), Column("n", "integer", "How many.")),
    description="It's told otherwise.",
    grain="one row each",
)
SELECT = Select("SELECT date '2024-01-01' AS day, 1 AS n")
WINDOW = Range("day", date(2024, 1, 1), date(2024, 1, 2))


def said(warehouse: Warehouse) -> tuple[str | None, ...]:
    """The comments of the table and its columns, as the engine tells them."""
    if warehouse.dialect == "postgres":
        found = warehouse.rows(
            "SELECT obj_description('core.told'::regclass) AS own, col_description('core.told'::regclass, 1) AS day, "
            "col_description('core.told'::regclass, 2) AS n"
        )
        return tuple(found[0].values())
    own = warehouse.rows(
        "SELECT comment FROM system.metadata.table_comments WHERE catalog_name = current_catalog "
        "AND schema_name = 'core' AND table_name = 'told'"
    )
    columns = warehouse.rows(
        "SELECT column_name, comment FROM information_schema.columns WHERE table_schema = 'core' "
        "AND table_name = 'told' ORDER BY ordinal_position"
    )
    return (own[0]["comment"], *(row["comment"] for row in columns))


def documented(table: Table) -> tuple[str, ...]:
    return (table.comment, *(column.description for column in table.columns))


def version(warehouse: Warehouse) -> str:
    found = warehouse.publication(TABLE).version
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["table", "view"])
def test_it_comes_with_the_rows_and_later_without_them(
    warehouse: Warehouse, kind: str, request: pytest.FixtureRequest
) -> None:
    if (kind, request.node.callspec.params["engine"]) == ("view", "athena"):
        pytest.skip("Athena has no statement for the comments of a view")
    table, other = replace(TABLE, kind=kind), replace(OTHER, kind=kind)
    recipe = Recipe("made so")
    warehouse.replace(table, SELECT, fingerprint=warehouse.standing(table, recipe).fingerprint)
    assert said(warehouse) == documented(table)
    first = version(warehouse)
    assert warehouse.standing(other, recipe).report is not None
    assert said(warehouse) == documented(other)
    assert version(warehouse) == first
    assert warehouse.standing(other, recipe).report is not None
    assert (
        warehouse.standing(replace(other, columns=(*other.columns, Column("more", "text", ""))), recipe).report is None
    )


def test_the_same_rows_with_other_words_are_not_written_again(warehouse: Warehouse) -> None:
    rows = [(date(2024, 1, 1), 1)]
    warehouse.replace(TABLE, arrow(TABLE, rows))
    first = version(warehouse)
    assert warehouse.replace(OTHER, arrow(OTHER, rows)).unchanged
    assert (said(warehouse), version(warehouse)) == (documented(OTHER), first)
    assert warehouse.replace(TABLE, arrow(TABLE, rows), window=WINDOW).unchanged
    assert (said(warehouse), version(warehouse)) == (documented(TABLE), first)


def test_a_window_of_new_rows_brings_it_along_and_a_table_that_is_replaced_keeps_it(warehouse: Warehouse) -> None:
    warehouse.replace(TABLE, arrow(TABLE, [(date(2024, 1, 1), 1)]), window=WINDOW)
    assert said(warehouse) == documented(TABLE)
    warehouse.replace(OTHER, arrow(OTHER, [(date(2024, 1, 1), 2)]), window=WINDOW)
    assert said(warehouse) == documented(OTHER)
    warehouse.replace(OTHER, arrow(OTHER, [(date(2024, 1, 1), 3)]))
    assert said(warehouse) == documented(OTHER)
